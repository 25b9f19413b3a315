// The player page: introduces the parts to each other.
//
// `urls`: what the address asks for, where things play · `api`, `catalog`: what there is · `session`, `engines/`: what
// plays · `pace`: keeping up, coming back · `controls`, `panel`, `meter`, `format`: what is seen of it · `keys` · `i18n`

import { Api } from './api.js';
import { Catalog } from './catalog.js';
import { Controls } from './controls.js';
import { $, copyText, el } from './dom.js';
import { onLanguage, startLanguage, switchLanguage, t } from './i18n.js';
import { startKeys } from './keys.js';
import { Panel } from './panel.js';
import { Session } from './session.js';
import { recall, remember } from './store.js';
import { idOf, readLink, routesOf, sourceOf, titleOf, writeLink } from './urls.js';

const base = new URL('.', location.href).href;
const link = readLink(location.search, base);
const at = { base, params: link.params };

startLanguage();

const video = $('#video');
const api = new Api(at);
const session = new Session(video);
const controls = new Controls(session, video);
const panel = new Panel(session, video, () => ({ ...at, rtmp: api.rtmp }));
let routes = [];
let liveCount = -1;
let rtmp = api.rtmp;

const catalog = new Catalog(api, {
  onOpen: (source) => open(source),
  onLive: (ids, streams) => {
    if (rtmp !== api.rtmp) {
      rtmp = api.rtmp;
      panel.refreshUrls();
    }
    session.heard(ids);
    if (streams.length !== liveCount || session.source === null) drawEmpty(streams.length);
  },
  onServer: (there) => {
    $('#server').classList.toggle('gone', !there);
    $('#server-text').textContent = t(there ? 'server.ok' : 'server.gone');
  },
});

/** The protocol to begin with: the one asked for, the one used last, or the first that this browser has. */
function preferred(asked) {
  const byName = (name) => routes.find(({ via }) => via === name);
  const canScript = 'MediaSource' in window || 'ManagedMediaSource' in window;
  return byName(asked) ?? byName(recall('via')) ?? (canScript ? routes[0] : byName('hls') ?? routes[0]);
}

/** Protocols that cannot carry what is playing to this browser; nobody asked for them by name. */
let failed = [];

/** A stream whose codecs the usual protocol cannot carry here is played by the next that can. */
session.addEventListener('change', () => {
  if (!['codec', 'unsupported'].includes(session.state) || session.asked) return;
  failed.push(session.route.via);
  const next = ['hls', 'dash', 'fmp4', 'http-ts'].map((name) => routes.find(({ via }) => via === name));
  const route = next.find((candidate) => candidate && !failed.includes(candidate.via));
  if (route) play(session.source, route, false);
});

function play(source, route, asked) {
  session.asked = asked;
  session.instead = failed.length > 0 ? routes.find(({ via }) => via === failed[0]).label : '';
  session.open(source, route);
  drawSource(source);
}

function open(source, via = null) {
  const isSame = session.source && idOf(session.source) === idOf(source);
  routes = routesOf(source, at);
  const route = preferred(via);
  if (isSame && session.route?.via === route.via && ['playing', 'loading', 'stalled'].includes(session.state)) return;
  document.body.classList.add('opened');
  failed = [];
  // On a phone the list is below the picture.
  if (matchMedia('(max-width: 820px)').matches) scrollTo({ top: 0 });
  play(source, route, via !== null);
  catalog.mark(source);
}

function chooseRoute(n) {
  const route = routes[n];
  if (!route || !session.source) return;
  remember('via', route.via);
  open(session.source, route.via);
}

function drawSource(source) {
  const title = titleOf(source);
  document.title = `${title} · smart_rtmpd`;
  $('#title').textContent = title;
  $('#title').title = source.path;
  history.replaceState(null, '', location.pathname + writeLink(source, session.route.via, at.params));
  drawRoutes();
  panel.show(source);
}

function drawRoutes() {
  $('#routes').replaceChildren(...routes.map((route, n) => el('button', {
    type: 'button', role: 'radio', 'aria-checked': String(route.via === session.route.via), title: `${route.label} (${n + 1})`,
    tabindex: route.via === session.route.via ? '0' : '-1', 'data-via': route.via,
    onclick: () => chooseRoute(n),
  }, route.label)));
  $('#routes').hidden = routes.length === 0;
}

/** Arrows move within the protocols, as in every group of radio buttons. */
$('#routes').addEventListener('keydown', (event) => {
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = (routes.findIndex(({ via }) => via === session.route.via) + step + routes.length) % routes.length;
  chooseRoute(next);
  $('#routes').children[next].focus();
});

/** What is said before something plays: how to push, or to choose. */
function drawEmpty(count) {
  liveCount = count;
  $('#how').hidden = count > 0;
  $('#pick').hidden = count === 0;
  const rtmp = api.rtmp.replace(/:1935$/, '');
  const lines = {
    server: `${rtmp}/live`,
    key: 'stream',
    file: `ffmpeg -re -stream_loop -1 -i in.mp4 -c copy -f flv ${rtmp}/live/stream`,
    test: 'ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine=frequency=440 -c:v libx264 ' +
      `-preset veryfast -tune zerolatency -g 50 -pix_fmt yuv420p -c:a aac -f flv ${rtmp}/live/stream`,
  };
  for (const [name, text] of Object.entries(lines)) {
    // Options are not broken at their dashes.
    const words = text.split(/(?<= )/).map((word) => el('span', { class: 'word' }, word));
    $(`#how-${name}`).replaceChildren(...words);
  }
}

for (const button of document.querySelectorAll('[data-copies]')) {
  button.addEventListener('click', async () => {
    const copied = await copyText($(`#${button.dataset.copies}`).textContent);
    $('#said').textContent = t(copied ? 'copy.done' : 'copy.failed');
    button.classList.toggle('done', copied);
    setTimeout(() => button.classList.remove('done'), 1600);
  });
}

function toggleUrlBox(on = $('#url-box').hidden) {
  $('#url-box').hidden = !on;
  $('#open-url').setAttribute('aria-expanded', String(on));
  if (on) $('#url').focus();
}

function openUrl(text) {
  const found = sourceOf(text, base);
  $('#url-error').textContent = found ? '' : t('url.bad', { url: text });
  if (!found) return $('#url').focus();
  const { via, ...source } = found;
  open(source, via);
}

$('#open-url').addEventListener('click', () => toggleUrlBox());
$('#url-box').addEventListener('submit', (event) => {
  event.preventDefault();
  openUrl($('#url').value);
});
$('#url').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    toggleUrlBox(false);
    $('#open-url').focus();
  }
});
$('#language').addEventListener('click', switchLanguage);
$('#help-button').addEventListener('click', () => $('#help').showModal());
$('#help').addEventListener('click', (event) => event.target === $('#help') && $('#help').close());

startKeys({
  toggle: () => session.source && session.toggle(),
  sound: () => controls.toggleSound(),
  full: () => session.source && controls.toggleFull(),
  pip: () => controls.togglePip(),
  edge: () => session.isLive && session.toEdge(),
  skip: (step) => controls.skip(step),
  filter: () => catalog.focusFilter(),
  url: () => toggleUrlBox(true),
  help: () => $('#help').showModal(),
  move: (step) => catalog.move(step),
  via: chooseRoute,
});

onLanguage(() => session.source && drawRoutes());

// On a phone the list is nearer when the addresses are folded.
$('.addresses').open = !matchMedia('(max-width: 820px)').matches;
drawEmpty(0);
const folder = link.source && link.source.kind !== 'live' && link.source.path.split('/').slice(0, -1).join('/');
catalog.show({ rec: 'rec', vod: 'vod' }[link.source?.kind] ?? 'live', link.source?.kind === 'url' ? '' : folder || '');
if (link.source) open(link.source, link.via);
if (link.source?.kind === 'url' || link.bad) {
  $('#url').value = link.bad ?? link.source.path;
  toggleUrlBox(true);
  if (link.bad) openUrl(link.bad);
}
