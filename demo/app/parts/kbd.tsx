import './kbd.css';

/** Keys of a shortcut, one cap each. */
export function Kbd({ keys }: { readonly keys: string }) {
  return (
    <span className="kbd">
      {keys.split(' ').map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
