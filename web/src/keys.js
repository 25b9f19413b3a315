// The keyboard. Lists and fields keep their own keys.

import { $, isTyping } from './dom.js';

/** `actions`: by name, as below. */
export function startKeys(actions) {
  const keys = {
    ' ': actions.toggle, k: actions.toggle, m: actions.sound, f: actions.full, p: actions.pip, l: actions.edge,
    '/': actions.filter, u: actions.url, '?': actions.help,
    ArrowDown: () => actions.move(1), ArrowUp: () => actions.move(-1),
    ArrowRight: () => actions.skip(5), ArrowLeft: () => actions.skip(-5),
  };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if ($('#help').open) return;
    const { key, target } = event;
    const isRange = target.tagName === 'INPUT';
    const isPressed = /^(button|a|summary)$/i.test(target.tagName);
    if ((isPressed && (key === ' ' || key === 'Enter')) || (isRange && key.startsWith('Arrow'))) return;
    const action = /^[1-9]$/.test(key) ? () => actions.via(Number(key) - 1) : keys[key.length === 1 ? key.toLowerCase() : key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
