export { type AnyDatabase, DatabaseProvider, useDatabase } from './database-provider.tsx';
