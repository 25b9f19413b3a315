// Uses the player page as a visitor would, in headless Chromium, and fails with a reason when it is not as it should be.
//
//     node page.mjs SCENARIO http://HOST:PORT [ARGUMENT]
//
// In every scenario: no error on the console, and no request to anybody but this server.
import assert from 'node:assert/strict';
import { withBrowser } from './chromium.mjs';
import { withPolicy } from './proxy.mjs';

const [scenario, server, argument] = process.argv.slice(2);
let origin = server;
/** Longest wait for anything, in ms. */
const PATIENCE = 40_000;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
/** What an operator may put in front of the page: everything from here, and what players make in memory. */
const STRICT = "default-src 'self'; media-src 'self' blob:; worker-src 'self' blob:";

const text = (page, selector) => page.locator(selector).innerText();
const quality = (page) => page.evaluate(() => {
  const video = document.querySelector('video');
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  return { time: video.currentTime, decoded: totalVideoFrames - droppedVideoFrames, width: video.videoWidth, muted: video.muted };
});

/** Waits until so many more frames were decoded and the time has moved on by `seconds`. */
async function plays(page, frames = 40, seconds = 1.5) {
  const began = await quality(page);
  const done = ([decoded, time]) => {
    const video = document.querySelector('video');
    const seen = video.getVideoPlaybackQuality();
    return seen.totalVideoFrames - seen.droppedVideoFrames >= decoded && video.currentTime >= time;
  };
  const first = began.decoded > 0 ? began.time : 0;
  try {
    await page.waitForFunction(done, [began.decoded + frames, first + seconds], { timeout: PATIENCE, polling: 100 });
  } catch {
    assert.fail(`no ${frames} frames by ${page.url()}: ${JSON.stringify([began, await quality(page)])}, ${await text(page, '#status')}`);
  }
  return quality(page);
}

/** Waits until the element's text is as `pattern` wants. */
async function says(page, selector, pattern) {
  const matches = ([where, source, flags]) => new RegExp(source, flags).test(document.querySelector(where)?.innerText ?? '');
  await page.waitForFunction(matches, [selector, pattern.source, pattern.flags], { timeout: PATIENCE, polling: 100 }).catch(async () => {
    assert.fail(`${selector} says ${JSON.stringify(await text(page, selector))}, expected ${pattern}`);
  });
}

const via = (page) => page.locator('#routes [aria-checked=true]').getAttribute('data-via');

/** Everything that can be pressed has a name, and no id is given twice. */
async function isAccessible(page) {
  const faults = await page.evaluate(() => {
    const visible = (node) => node.checkVisibility?.() ?? true;
    const name = (node) => node.getAttribute('aria-label') || node.innerText?.trim() || node.title || node.labels?.[0]?.innerText;
    const nameless = [...document.querySelectorAll('button, input, a, [role=listbox], [role=radiogroup], [role=tablist]')].filter((node) => visible(node) && !name(node));
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    return [...nameless.map((node) => node.outerHTML), ...ids.filter((id, n) => ids.indexOf(id) !== n)];
  });
  assert.deepEqual(faults, []);
}

const fitsInto = async (page) => {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `the page is ${wide} wide in a window of ${room}`);
};

const SCENARIOS = {
  /** Lists what is live; a click plays it, under a strict policy of an operator's. */
  async list(page) {
    await page.goto(`${origin}/`);
    await says(page, '#list', /stream/);
    assert.equal(await text(page, '#count-live'), '1');
    await page.click('#list [role=option]');
    const seen = await plays(page);
    assert.deepEqual([await via(page), seen.width, seen.muted], ['ws-flv', 320, true]);
    assert.match(page.url(), /\?stream=live\/stream&via=ws-flv$/);
    assert.equal(await page.title(), 'stream · smart_rtmpd');
    for (const name of ['HTTP-FLV', 'HLS', 'DASH']) {
      await page.click(`#routes >> text="${name}"`);
      await plays(page);
    }
    await isAccessible(page);
  },

  /** A link with a protocol plays by it, and says what it is. */
  async via(page) {
    await page.goto(`${origin}/player.html?stream=live/stream&via=${argument}`);
    await plays(page, 75, 3);
    assert.equal(await via(page), argument);
    await says(page, '#stat-video', /320×180\s+H\.264/);
    await says(page, '#stat-audio', /AAC-LC/);
    await says(page, '#stat-fps', /\b2[456]\b/);
    await says(page, '#stat-bitrate', /[1-9]\d* kb\/s|Mb\/s/);
    await says(page, '#stat-buffer', /\d (s|ms)/);
    await says(page, '#stat-latency', /\d (s|ms)/);
    await says(page, '#status', /Playing/);
  },

  /** Hands stay on the keyboard. */
  async keys(page) {
    await page.goto(`${origin}/player.html`);
    await says(page, '#list', /stream/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await plays(page);
    await page.keyboard.press('2');
    await plays(page);
    assert.equal(await via(page), 'http-flv');
    await page.keyboard.press('m');
    assert.equal((await quality(page)).muted, false);
    await plays(page);
    await page.keyboard.press(' ');
    await says(page, '#status', /Paused/);
    await page.keyboard.press(' ');
    await says(page, '#status', /Playing/);
    await plays(page);
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement?.id === 'screen');
    await page.keyboard.press('f');
    await page.waitForFunction(() => !document.fullscreenElement);
    await page.keyboard.press('/');
    await page.keyboard.type('2 nothing m');
    await says(page, '#list-note', /2 nothing m/);
    assert.equal((await quality(page)).muted, false, 'what is typed is no command');
    await page.keyboard.press('Escape');
    await says(page, '#list', /stream/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.waitForSelector('#help[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#help', { state: 'hidden' });
    assert.equal(await via(page), 'http-flv');
  },

  /** English and Chinese: by the browser, by a click, remembered. */
  async language(page) {
    await page.goto(`${origin}/player.html`);
    await says(page, '#tab-live', /直播/);
    await says(page, '#language', /English/);
    await page.click('#language');
    await says(page, '#tab-live', /Live/);
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    await page.reload();
    await says(page, '#tab-live', /Live/);
    await page.goto(`${origin}/player.html?lang=zh`);
    await says(page, '#tab-live', /直播/);
    await isAccessible(page);
  },

  /** One hand, a small window. */
  async phone(page) {
    await page.goto(`${origin}/player.html`);
    await says(page, '#list', /stream/);
    await fitsInto(page);
    await page.tap('#list [role=option]');
    await plays(page);
    await fitsInto(page);
    const box = await page.locator('#screen').boundingBox();
    assert.ok(box.x === 0 && box.width === 390 && box.y < 120, JSON.stringify(box));
    await page.tap('#sound');
    assert.equal((await quality(page)).muted, false);
    await page.tap('#routes >> text="HTTP-FLV"');
    await plays(page);
    await page.tap('#language');
    await fitsInto(page);
    await isAccessible(page);
  },

  /** What the page was called with is passed on, and what is copied has it. */
  async tokens(page, asked) {
    await page.goto(`${origin}/player.html?user=u&stream=live/stream&via=http-flv&token=a%2Bb`);
    await plays(page);
    const urls = asked.filter((url) => /\/(api|live)\//.test(url));
    assert.ok(urls.some((url) => url.includes('/api/live')) && urls.some((url) => url.includes('.flv')), urls.join());
    for (const url of urls) assert.ok(url.endsWith('?user=u&token=a%2Bb'), url);
    const shown = await page.locator('#urls code').allInnerTexts();
    assert.equal(shown.length, 8);
    for (const url of shown.slice(0, -1)) assert.ok(url.endsWith('?user=u&token=a%2Bb'), url);
    assert.match(shown[0], new RegExp(`^rtmp://127\\.0\\.0\\.1:${argument}/live/stream\\?`));
    assert.match(shown.at(-1), /\?stream=live\/stream&via=http-flv&user=u&token=a%2Bb$/);
    await page.click('#urls li:first-child button');
    await says(page, '#urls li:first-child button', /Copied/);
  },

  /** Nothing is live: the page says how to push here. A stream that comes is in the list by itself. */
  async empty(page) {
    await page.goto(`${origin}/`);
    await says(page, '#how-server', new RegExp(`^rtmp://127\\.0\\.0\\.1:${argument}/live$`));
    assert.match(await text(page, '#how-file'), new RegExp(`ffmpeg .*rtmp://127\\.0\\.0\\.1:${argument}/live/stream$`));
    await isAccessible(page);
    console.log('empty');
    await says(page, '#list', /stream/);
    await says(page, '#pick', /Choose/);
  },

  /** A stream that is not there yet is waited for. */
  async waits(page) {
    await page.goto(`${origin}/player.html?stream=live/stream&via=http-flv`);
    await says(page, '#status', /away|next try/i);
    console.log('waits');
    await plays(page);
    await says(page, '#status', /Playing/);
  },

  /** A URL from anywhere: ours is known, others are refused or played. */
  async url(page) {
    await page.goto(`${origin}/player.html?url=${encodeURIComponent(`${origin}/live/stream.flv`)}`);
    await plays(page);
    assert.equal(await via(page), 'http-flv');
    await page.keyboard.press('u');
    await page.fill('#url', 'javascript:alert(1)');
    await page.press('#url', 'Enter');
    await says(page, '#url-error', /javascript/);
    await page.fill('#url', `rtmp://127.0.0.1:${argument}/live/stream`);
    await page.press('#url', 'Enter');
    await says(page, '#title', /^stream$/);
    await plays(page);
  },

  /** Files: folders by the keyboard, a name that is not ASCII, to the end and back. */
  async files(page) {
    await page.goto(`${origin}/player.html`);
    await page.click('#tab-vod');
    await says(page, '#list', /films/);
    await page.focus('#list');
    await page.keyboard.press('Enter');
    await says(page, '#list', /片 1\.mp4/);
    await page.focus('#list');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await plays(page, 20, 1);
    assert.match(page.url(), /\?vod=films\/%E7%89%87%201\.mp4&via=file$/);
    await says(page, '#stat-video', /320×180\s+H\.264/);
    await says(page, '#time', /\/ 0:08/);
    await page.evaluate(() => { document.querySelector('video').currentTime = 7; });
    await says(page, '#status', /The end/);
    await page.keyboard.press('Backspace');
    await says(page, '#list', /films/);
    await page.goto(`${origin}/player.html?vod=films/${encodeURIComponent('片 1.mp4')}&via=hls`);
    await plays(page, 20, 1);
    assert.equal(await via(page), 'hls');
    await says(page, '#stat-video', /H\.264/);
    await page.goto(`${origin}/player.html?vod=films/old.flv`);
    await plays(page, 20, 1);
    assert.equal(await via(page), 'http-flv');
  },

  /** What is being recorded is marked; what is recorded plays from its beginning, while it still grows. */
  async recordings(page) {
    await page.goto(`${origin}/player.html`);
    await says(page, '#list', /show\s+rec/i);
    await page.click('#tab-rec');
    for (const pattern of [/^show$/, /^\d{4}-\d\d-\d\d$/, /^\d\d:\d\d:\d\d$/]) {
      await says(page, '#list', pattern);
      await page.click('#list [role=option]');
    }
    const { time } = await plays(page, 40, 1);
    assert.ok(time < 20, `it began at ${time}`);
    assert.match(page.url(), /\?rec=show\/\d{4}-\d\d-\d\d\/\d\d-\d\d-\d\d\.m3u8&via=hls$/);
    await says(page, '#title', /^show · /);
  },

  /** What the usual protocol cannot carry to this browser is played by another, and the page says so. */
  async instead(page) {
    await page.goto(`${origin}/player.html?stream=live/stream`);
    await plays(page);
    assert.equal(await via(page), 'hls');
    await says(page, '#status', /WS-FLV cannot .* HLS/);
    await says(page, '#stat-video', /VP9/);
    await page.click('#routes >> text="WS-FLV"');
    await says(page, '#status', /cannot decode/);
  },
};

const OPTIONS = { phone: PHONE, language: { locale: 'zh-CN' } };
/** What a scenario makes the browser complain of by its nature: a stream that is not there. */
const EXPECTED = { waits: /404/ };

async function visit(browser) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const [asked, complaints] = [[], []];
  page.on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !EXPECTED[scenario]?.test(message.text())) complaints.push(message.text());
  });
  await SCENARIOS[scenario](page, asked);
  const own = (url) => url.startsWith(`${origin}/`) || url.startsWith(`${origin.replace('http', 'ws')}/`) || /^(blob|data):/.test(url);
  assert.deepEqual(asked.filter((url) => !own(url)), [], 'requests to others');
  assert.deepEqual(complaints, [], 'on the console');
}

async function run() {
  await withBrowser([], { locale: 'en-US', viewport: { width: 1280, height: 800 }, ...OPTIONS[scenario] }, visit);
}

if (scenario === 'list') {
  await withPolicy(server, STRICT, async (proxy) => {
    origin = proxy;
    await run();
  });
} else {
  await run();
}
