/** The lowest number that no other tab of this origin has; it is this tab's for as long as the page lives. */
export async function takeTabNumber(): Promise<number> {
  for (let number = 1; ; number++) if (await takeLock(`notes:tab:${number}`)) return number;
}

function takeLock(name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        // Held until the browser ends the page.
        return lock === null ? undefined : new Promise<void>(() => {});
      })
      .catch(reject);
  });
}
