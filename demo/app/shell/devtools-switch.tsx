import type { Database } from 'freshet';
import { useDatabase } from 'freshet/react-hooks';
import { Wrench } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../parts/button.tsx';

/** Opens the developer tools at the foot of the page; they are loaded when they are first wanted. */
export function DevtoolsSwitch() {
  const db = useDatabase<Database>();
  const [isOn, setOn] = useState(false);
  useEffect(() => {
    if (!isOn) return;
    let unmount: (() => void) | undefined;
    let isGone = false;
    void import('freshet/devtools').then(({ mountDevtools }) => {
      if (!isGone) unmount = mountDevtools(db, { open: true, button: false });
    });
    return () => {
      isGone = true;
      unmount?.();
    };
  }, [db, isOn]);
  return (
    <Button
      kind="quiet"
      isIcon
      className="devtools-switch"
      aria-pressed={isOn}
      aria-label="Developer tools"
      title="Developer tools: live queries, the change stream, what was slow"
      onClick={() => setOn(!isOn)}
    >
      <Wrench aria-hidden="true" />
    </Button>
  );
}
