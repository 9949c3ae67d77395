/** Bundlers replace `process.env.NODE_ENV` by its value, and only in this form; without one a browser has no `process`. */
export function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === 'production';
  } catch {
    return false;
  }
}
