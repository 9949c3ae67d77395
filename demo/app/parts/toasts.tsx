import './toasts.css';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'problem';
  readonly action?: { readonly name: string; readonly run: () => void } | undefined;
}

type Say = (text: string, options?: Partial<Pick<Toast, 'kind' | 'action'>>) => void;

const Context = createContext<Say | null>(null);
const shownMs = { done: 4000, problem: 10_000 };

/** Short messages at the bottom of the page that go by themselves. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = useCallback((id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)), []);
  const say = useMemo<Say>(() => {
    let last = 0;
    return (text, { kind = 'done', action } = {}) => {
      const id = ++last;
      setToasts((now) => [...now.slice(-2), { id, text, kind, action }]);
      setTimeout(() => dismiss(id), shownMs[kind]);
    };
  }, [dismiss]);
  return (
    <Context value={say}>
      {children}
      <section className="toasts" aria-label="Messages" aria-live="polite">
        {toasts.map(({ id, text, kind, action }) => (
          <div key={id} className="toast" data-kind={kind}>
            <span>{text}</span>
            {action && (
              <button
                type="button"
                onClick={() => {
                  action.run();
                  dismiss(id);
                }}
              >
                {action.name}
              </button>
            )}
          </div>
        ))}
      </section>
    </Context>
  );
}

export function useToast(): Say {
  const say = useContext(Context);
  if (!say) throw new Error('useToast needs a <ToastProvider> above it.');
  return say;
}
