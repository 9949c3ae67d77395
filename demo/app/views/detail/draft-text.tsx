import { clsx } from 'clsx';
import { type KeyboardEvent, useState } from 'react';

interface DraftTextProps {
  readonly label: string;
  readonly value: string;
  readonly onSave: (text: string) => Promise<boolean>;
  /** Several lines: Enter is a new one. */
  readonly isLong?: boolean;
  readonly isRequired?: boolean;
  readonly className?: string;
}

/**
 * A text that is edited where it stands. It is saved when one leaves it, or by Enter (Ctrl+Enter if it is long); Esc
 * leaves it as it was. What others make of it meanwhile shows as soon as one isn't editing it.
 */
export function DraftText({
  label,
  value,
  onSave,
  isLong = false,
  isRequired = false,
  className,
}: DraftTextProps) {
  const [draft, setDraft] = useState<{ readonly text: string; readonly base: string } | null>(null);
  const text = draft?.text ?? value;
  const isChangedElsewhere = draft !== null && draft.base !== value && draft.text !== value;

  const save = async (): Promise<void> => {
    if (draft === null) return;
    const trimmed = draft.text.trim();
    const isSame = trimmed === draft.base.trim() || (isRequired && trimmed === '');
    // The row has the new text by then, so that the old one doesn't show in between.
    if (isSame || (await onSave(trimmed))) setDraft(null);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const saves = event.key === 'Enter' && (!isLong || event.ctrlKey || event.metaKey);
    if (!saves && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (saves) void save();
    else setDraft(null);
    event.currentTarget.blur();
  };
  return (
    <div className={clsx('draft-text', className)}>
      <textarea
        aria-label={label}
        placeholder={label}
        rows={1}
        value={text}
        onChange={(event) => setDraft({ text: event.target.value, base: draft?.base ?? value })}
        onKeyDown={onKeyDown}
        onBlur={save}
      />
      {isChangedElsewhere && (
        <p className="draft-text-hint" role="status">
          Changed elsewhere meanwhile. Saving keeps yours, Esc takes theirs.
        </p>
      )}
    </div>
  );
}
