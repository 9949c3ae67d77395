/** The mark: two waves, as a river in spring. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M6 12c3.5-4 6.5-4 10 0s6.5 4 10 0M6 20c3.5-4 6.5-4 10 0s6.5 4 10 0"
        fill="none"
        stroke="var(--accent-text)"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
