import './picker.css';
import { Check } from 'lucide-react';
import { Popover } from 'radix-ui';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';

export interface Option<V> {
  readonly value: V;
  readonly name: string;
  readonly icon?: ReactNode;
  /** How many there are of it. */
  readonly count?: number | undefined;
}

interface PickerProps<V> {
  /** What is picked, for the field that searches it. */
  readonly label: string;
  readonly options: readonly Option<V>[];
  readonly selected: readonly V[];
  readonly onPick: (value: V) => void;
  /** Stays open for more than one. */
  readonly isMultiple?: boolean;
  /** The button that opens it. */
  readonly children: ReactNode;
}

const number = new Intl.NumberFormat('en');

/** A list to pick from by typing, arrows or pointer. */
export function Picker<V extends string | number>(props: PickerProps<V>) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{props.children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="picker"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={props.label}
        >
          <PickerList
            {...props}
            onPick={(value) => {
              props.onPick(value);
              if (!props.isMultiple) setOpen(false);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function PickerList<V extends string | number>(props: Omit<PickerProps<V>, 'children'>) {
  const { label, options, selected, onPick, isMultiple = false } = props;
  const id = useId();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const words = typed.trim().toLowerCase();
  const shown = options.filter(({ name }) => name.toLowerCase().includes(words));
  const optionId = (index: number): string => `${id}-${index}`;

  const move = (index: number): void => {
    const next = Math.max(0, Math.min(shown.length - 1, index));
    setActive(next);
    document.getElementById(optionId(next))?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: shown.length - 1,
    };
    const to = steps[event.key];
    const chosen = shown[active];
    if (to !== undefined) move(to);
    else if (event.key === 'Enter' && chosen) onPick(chosen.value);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <input
        className="picker-search"
        role="combobox"
        aria-label={label}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={shown.length > 0 ? optionId(active) : undefined}
        placeholder={label}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={id}
        className="picker-list"
        role="listbox"
        aria-label={label}
        aria-multiselectable={isMultiple}
        tabIndex={-1}
      >
        {shown.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
          <div
            key={option.value}
            id={optionId(index)}
            className="picker-option"
            role="option"
            tabIndex={-1}
            aria-selected={selected.includes(option.value)}
            data-active={index === active || undefined}
            onPointerMove={() => setActive(index)}
            onClick={() => onPick(option.value)}
          >
            {option.icon}
            <span className="truncate">{option.name}</span>
            {option.count !== undefined && (
              <span className="picker-count figures">{number.format(option.count)}</span>
            )}
            <Check className="picker-check" aria-hidden="true" />
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className="picker-none">Nothing of that name</p>}
    </>
  );
}
