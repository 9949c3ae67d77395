/** How other parts of Freshet reach the engine behind a database in the calling thread. */
export const engineOf: unique symbol = Symbol('freshet.engine');

/** Under this key an engine keeps where its live queries come from, if that was loaded with it. */
export const liveSourceKey: unique symbol = Symbol('freshet.liveSource');
