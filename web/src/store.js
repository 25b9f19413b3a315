// What is remembered between visits. A browser that keeps nothing loses nothing but comfort.

const PREFIX = 'rtmpd.';

export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows may refuse.
  }
}
