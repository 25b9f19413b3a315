// Plays one live FLV URL with mpegts.js in headless Chromium and prints what the video element saw, as JSON.
//
//     node play.mjs URL SECONDS [--no-audio] [--no-video]
//
// The page comes from an origin of its own, as a player page on another host would: CORS must be right.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { withBrowser } from './chromium.mjs';

const [url, seconds, ...flags] = process.argv.slice(2);
const media = { hasAudio: !flags.includes('--no-audio'), hasVideo: !flags.includes('--no-video') };
const library = readFileSync(createRequire(import.meta.url).resolve('mpegts.js/dist/mpegts.js'));

function servePage() {
  const server = createServer((request, response) => {
    const script = request.url === '/mpegts.js';
    response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
    response.end(script ? library : '<!doctype html><script src="/mpegts.js"></script><video muted></video>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// Runs in the page: plays, and resolves once `seconds` of media were shown or after twice that time and 15 s.
async function playInPage({ url, seconds, media }) {
  const video = document.querySelector('video');
  const seen = { errors: [], shown: 0, firstMediaTime: null };
  const count = (_, frame) => {
    seen.shown += 1;
    seen.firstMediaTime ??= frame.mediaTime;
    video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback(count);
  const player = mpegts.createPlayer({ type: 'flv', isLive: true, url, ...media }, { enableStashBuffer: false });
  player.on(mpegts.Events.ERROR, (type, detail, info) => seen.errors.push(`${type} ${detail} ${info?.msg ?? ''}`));
  player.on(mpegts.Events.MEDIA_INFO, (info) => { seen.mime = info.mimeType; });
  player.attachMediaElement(video);
  player.load();
  video.play().catch((error) => seen.errors.push(`play: ${error.message}`));
  const start = () => (video.buffered.length > 0 ? video.buffered.start(0) : Infinity);
  const deadline = Date.now() + 2000 * seconds + 15000;
  while (video.currentTime < start() + seconds && Date.now() < deadline && seen.errors.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const quality = video.getVideoPlaybackQuality();
  return { ...seen, played: video.currentTime - start(), width: video.videoWidth, height: video.videoHeight,
    decoded: quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
    audioBytes: video.webkitAudioDecodedByteCount };
}

const server = await servePage();
try {
  await withBrowser(['--autoplay-policy=no-user-gesture-required'], {}, async (browser) => {
    const page = await browser.newPage();
    page.on('console', (message) => { if (message.type() === 'error') console.error(message.text()); });
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const result = await page.evaluate(playInPage, { url, seconds: Number(seconds), media });
    console.log(JSON.stringify(result));
  });
} finally {
  server.close();
}
