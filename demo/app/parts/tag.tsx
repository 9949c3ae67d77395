import './tag.css';

export function Tag({ name }: { readonly name: string }) {
  return <span className="tag">{name}</span>;
}
