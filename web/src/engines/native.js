// What the browser plays by itself: files, and fragmented MP4 without end.

const ABORTED = 1;
const NETWORK = 2;

export async function startNative({ url, live }, { video, hear }) {
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
  return {
    facts: () => ({}),
    stop: () => {
      video.removeEventListener('error', broken);
      video.removeEventListener('ended', ended);
      video.removeAttribute('src');
      video.load();
    },
  };
}
