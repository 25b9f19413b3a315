// What the browser plays by itself: files, and fragmented MP4 without end.

import { factsOf } from '../boxes.js';

const ABORTED = 1;
const NETWORK = 2;
/** An MP4 says what is in it within so many bytes, or not at its beginning. */
const BEGINNING = 256 << 10;

export async function startNative({ url, live }, { video, hear }) {
  const stopped = new AbortController();
  let facts = {};
  const broken = () => {
    const { code, message } = video.error ?? {};
    if (code === ABORTED || !video.getAttribute('src')) return;
    // A stream that is not there looks like a format that is not known: a live one is worth another try.
    hear(code === NETWORK || live ? 'lost' : 'codec', message || `MediaError ${code}`);
  };
  const ended = () => live && hear('lost');
  video.addEventListener('error', broken);
  video.addEventListener('ended', ended);
  video.src = url;
  if (/\.(mp4|m4v|mov|m4a)$/i.test(url.split(/[?#]/)[0])) {
    look(url, stopped.signal).then((found) => { facts = found ?? {}; }, () => {});
  }
  return {
    facts: () => facts,
    stop: () => {
      stopped.abort();
      video.removeEventListener('error', broken);
      video.removeEventListener('ended', ended);
      video.removeAttribute('src');
      video.load();
    },
  };
}

/** What an MP4 says of itself; it is read no further than that. */
async function look(url, signal) {
  const stop = new AbortController();
  // The cache lets one at a time fetch a URL, and the video itself is at it.
  const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.any?.([signal, stop.signal]) ?? signal });
  const reader = response.body.getReader();
  let bytes = new Uint8Array();
  for (;;) {
    const { value, done } = await reader.read();
    if (value) {
      const longer = new Uint8Array(bytes.length + value.length);
      longer.set(bytes);
      longer.set(value, bytes.length);
      bytes = longer;
    }
    const found = response.ok ? factsOf(bytes) : null;
    if (!found && !done && response.ok && bytes.length < BEGINNING) continue;
    stop.abort();
    reader.cancel().catch(() => {});
    return found;
  }
}
