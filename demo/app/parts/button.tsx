import './button.css';
import { clsx } from 'clsx';
import type { ComponentProps } from 'react';

interface ButtonProps extends ComponentProps<'button'> {
  /** `primary`: the one thing to do here. `plain`: everything else. `quiet`: without a frame, for toolbars. */
  readonly kind?: 'primary' | 'plain' | 'quiet';
  /** Shows nothing but an icon; needs an `aria-label`. */
  readonly isIcon?: boolean;
}

export function Button({ kind = 'plain', isIcon = false, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={clsx('button', `button-${kind}`, isIcon && 'button-icon', className)}
      {...rest}
    />
  );
}
