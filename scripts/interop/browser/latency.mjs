// How old what is shown is: the dates that the server gave the frames when they came in, against the clock.
//
//     node latency.mjs http://HOST:PORT STREAM SECONDS
//
// Prints a line of JSON for each way to play: the median and the largest of the ages in seconds, once it has settled.
import { withBrowser } from './chromium.mjs';

const [server, stream, seconds] = process.argv.slice(2);
const WAYS = { 'LL-HLS (MPEG-TS)': `/live/${stream}.m3u8`, 'LL-HLS (CMAF)': `/live/${stream}.m3u8?format=fmp4`, 'HLS': `/live/${stream}.m3u8?plain`,
  'LL-DASH': `/live/${stream}.mpd` };

/** Runs in the page: plays, and gives the ages of what was shown, four times a second. */
async function watch([url, seconds]) {
  const video = document.createElement('video');
  video.muted = true;
  document.body.replaceChildren(video);
  const library = (src) => new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement('script'), { src, onload: () => done(window), onerror: failed }));
  });
  let age;
  if (url.includes('.mpd')) {
    const { shaka } = await library('/player/shaka.js');
    const player = new shaka.Player();
    await player.attach(video);
    player.configure({ streaming: { lowLatencyMode: true, liveSync: { enabled: true, targetLatency: 1.2, targetLatencyTolerance: 0.3, maxPlaybackRate: 1.15 } } });
    await player.load(url);
    age = () => (Date.now() - player.getPlayheadTimeAsDate()) / 1000;
  } else {
    const { Hls } = await library('/player/hls.js');
    const lowLatencyMode = !url.includes('plain');
    const player = new Hls({ lowLatencyMode, liveSyncDurationCount: lowLatencyMode ? 3 : 2, maxLiveSyncPlaybackRate: 1.15 });
    player.attachMedia(video);
    player.loadSource(url);
    age = () => player.playingDate && (Date.now() - player.playingDate) / 1000;
  }
  video.play().catch(() => {});
  const ages = [];
  for (let tick = 0; tick < seconds * 4; tick += 1) {
    await new Promise((done) => { setTimeout(done, 250); });
    if (video.currentTime > 0 && !video.paused && age()) ages.push(age());
  }
  const settled = ages.slice(Math.floor(ages.length / 2)).sort((a, b) => a - b);
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  return { median: settled[Math.floor(settled.length / 2)], most: settled.at(-1), frames: totalVideoFrames, dropped: droppedVideoFrames };
}

await withBrowser(['--autoplay-policy=no-user-gesture-required'], {}, async (browser) => {
  const page = await browser.newPage();
  await page.goto(`${server}/`);
  for (const [name, path] of Object.entries(WAYS)) {
    const seen = await page.evaluate(watch, [path, Number(seconds)]).catch((error) => ({ error: error.message }));
    console.log(JSON.stringify({ way: name, ...seen }));
  }
});
