// URLs in and out: what the page's address asks for, and where each thing can be played. Pure: no document, no window.

/** Parameters of the page's own; all others (user, token, …) are passed on to every URL that is asked for. */
const OWN = ['stream', 'rec', 'vod', 'url', 'via', 'lang'];

/** How live streams are played, in the order of the keys 1–6. WebRTC (WHEP) will be a line of its own here. */
const LIVE = [
  { via: 'ws-flv', label: 'WS-FLV', ending: '.flv', engine: 'mpegts', type: 'flv', socket: true },
  { via: 'http-flv', label: 'HTTP-FLV', ending: '.flv', engine: 'mpegts', type: 'flv' },
  { via: 'hls', label: 'HLS', ending: '.m3u8', engine: 'hls' },
  { via: 'dash', label: 'DASH', ending: '.mpd', engine: 'shaka' },
  { via: 'http-ts', label: 'HTTP-TS', ending: '.ts', engine: 'mpegts', type: 'mpegts' },
  { via: 'fmp4', label: 'fMP4', ending: '.mp4', engine: 'native' },
];

/** How files are played, by their ending. */
const FILES = [
  { via: 'hls', label: 'HLS', endings: ['m3u8'], engine: 'hls' },
  { via: 'dash', label: 'DASH', endings: ['mpd'], engine: 'shaka' },
  { via: 'http-flv', label: 'FLV', endings: ['flv'], engine: 'mpegts', type: 'flv' },
  { via: 'http-ts', label: 'MPEG-TS', endings: ['ts', 'm2ts', 'mts'], engine: 'mpegts', type: 'mpegts' },
  {
    via: 'file',
    label: 'File',
    endings: ['mp4', 'm4v', 'mov', 'webm', 'mkv', 'ogv', 'mp3', 'm4a', 'aac', 'ogg', 'oga', 'opus', 'wav', 'flac'],
    engine: 'native',
  },
];

const endingOf = (path) => /\.([a-z0-9]+)$/i.exec(path.split(/[?#]/)[0])?.[1].toLowerCase() ?? '';

/** `a b/c#d` → `a%20b/c%23d` */
export const encodePath = (path) => path.split('/').map(encodeURIComponent).join('/');

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `rtmp://host:1935/live/a/b?x` → `{ origin: 'rtmp://host:1935', app: 'live', name: 'a/b' }`, or null. */
export function parseRtmp(url) {
  const found = /^(rtmps?:\/\/([^/?#]+))\/([^/?#]+)\/([^?]+)/i.exec(url);
  return found && { origin: found[1], host: found[2], app: found[3], name: found[4] };
}

/** What of the page's query belongs to others, as a query without `?`, verbatim. */
export function passedOn(search) {
  const pairs = search.replace(/^\?/, '').split('&').filter(Boolean);
  return pairs.filter((pair) => !OWN.includes(decode(pair.split('=')[0]))).join('&');
}

/** `url` with these parameters behind its own. */
export function withParams(url, params) {
  if (!params) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${params}`;
}

/** The same URL over a WebSocket. */
export const overSocket = (url) => url.replace(/^http/i, 'ws');

/** Whether the browser's player can do anything with a file of this name. */
export const isPlayable = (name) => FILES.some((kind) => kind.endings.includes(endingOf(name)));

/** Two sources are the same when their ids are. */
export const idOf = (source) => `${source.kind}:${source.path}`;

/** What is shown as a source's name. */
export function titleOf(source) {
  if (source.kind === 'live') return source.path.slice(source.path.indexOf('/') + 1);
  if (source.kind === 'rec') {
    const [file, day, ...name] = source.path.split('/').reverse();
    return `${name.reverse().join('/')} · ${day} ${clock(file)}`;
  }
  return decode(source.path.split(/[?#]/)[0].replace(/\/$/, '').split('/').pop()) || source.path;
}

/** `18-22-11.m3u8` → `18:22:11`; other names as they are. */
export const clock = (file) => file.replace(/^(\d\d)-(\d\d)-(\d\d)\.\w+$/, '$1:$2:$3');

/**
 * Where a source can be played: `[{ via, label, engine, type, url, live }]`, the usual one first.
 * `at`: `{ base, params }`, the folder of the page and what is passed on.
 */
export function routesOf(source, { base, params }) {
  if (source.kind === 'live') {
    return LIVE.map(({ ending, socket, ...route }) => {
      const url = withParams(`${base}${encodePath(source.path)}${ending}`, params);
      return { ...route, url: socket ? overSocket(url) : url, live: true };
    });
  }
  if (source.kind === 'url') return [freeRoute(source)];
  const url = `${base}${source.kind}/${encodePath(source.path)}`;
  const kind = FILES.find(({ endings }) => endings.includes(endingOf(source.path))) ?? FILES.at(-1);
  const routes = [{ ...routeOf(kind), url: withParams(url, params), live: false }];
  if (source.kind === 'vod' && endingOf(source.path) === 'mp4') {
    routes.push({ ...routeOf(FILES[0]), url: withParams(`${url}.m3u8`, params), live: false });
  }
  return routes;
}

const routeOf = ({ via, label, engine, type }) => ({ via, label, engine, type });

/** A URL from anywhere is taken to be live where it cannot be anything else: a file's length says so later. */
function freeRoute(source) {
  const socket = /^wss?:/i.test(source.path);
  const kind = FILES.find(({ endings }) => endings.includes(endingOf(source.path))) ?? FILES.at(-1);
  const route = routeOf(kind);
  if (socket) {
    const type = route.type ?? (endingOf(source.path) === 'ts' ? 'mpegts' : 'flv');
    return { ...route, via: 'ws-flv', label: type === 'flv' ? 'WS-FLV' : 'WS-TS', engine: 'mpegts', type, url: source.path, live: true };
  }
  return { ...route, url: source.path, live: route.engine === 'mpegts' };
}

/** All URLs of a source that are worth copying: `[{ label, url }]`. `rtmp`: `rtmp://host:port`. */
export function playUrls(source, at) {
  if (source.kind === 'url') return [{ label: 'URL', url: source.path }];
  const routes = routesOf(source, at).map(({ label, url }) => ({ label, url }));
  if (source.kind !== 'live') return routes;
  return [{ label: 'RTMP', url: withParams(`${at.rtmp}/${source.path}`, at.params) }, ...routes];
}

/**
 * What a URL that somebody typed or linked means: one of ours becomes a live stream, a recording or a file, others
 * stay what they are. Null for what no browser can play, such as a script or another server's RTMP.
 */
export function sourceOf(text, base) {
  const typed = text.trim();
  const rtmp = parseRtmp(typed);
  const here = new URL(base);
  if (rtmp) {
    const host = new URL(`http://${rtmp.host}`).hostname;
    return host === here.hostname && isApp(rtmp.app) ? { kind: 'live', path: `${rtmp.app}/${rtmp.name}` } : null;
  }
  let url;
  try {
    url = new URL(typed, base);
  } catch {
    return null;
  }
  if (!/^(https?|wss?):$/.test(url.protocol)) return null;
  const ours = url.host === here.host && url.pathname.startsWith(here.pathname);
  return (ours && ownSource(url, here)) || { kind: 'url', path: url.href };
}

const isApp = (name) => name === 'live' || name === 'rec';

function ownSource(url, here) {
  const path = decode(url.pathname.slice(here.pathname.length));
  const vod = /^vod\/(.+?)(\.mp4\.m3u8)?$/.exec(path);
  if (vod) return { kind: 'vod', path: vod[2] ? `${vod[1]}.mp4` : vod[1], via: vod[2] && 'hls' };
  const rec = /^rec\/(.+\/\d{4}-\d\d-\d\d\/[^/]+)$/.exec(path);
  if (rec) return { kind: 'rec', path: rec[1] };
  const live = /^((?:live|rec)\/.+?)(\.(?:flv|m3u8|mpd|ts|mp4))?$/.exec(path);
  if (!live) return null;
  const socket = url.protocol.startsWith('ws');
  const form = LIVE.find(({ ending, socket: wants }) => ending === live[2] && (!wants || socket));
  return { kind: 'live', path: live[1], via: form?.via };
}

/** What the page's query asks for: `{ source, via, params }`; `source` is null when it asks for nothing. */
export function readLink(search, base) {
  const query = new URLSearchParams(search);
  const params = passedOn(search);
  const found = ['stream', 'rec', 'vod', 'url'].find((name) => query.get(name));
  if (!found) return { source: null, via: query.get('via'), params };
  const text = query.get(found);
  if (found === 'url') {
    const { via, ...source } = sourceOf(text, base) ?? {};
    return { source: source.kind ? source : null, via: query.get('via') ?? via ?? null, params, bad: source.kind ? null : text };
  }
  const path = text.replace(/^\/+/, '');
  const source = { kind: found === 'stream' ? 'live' : found, path: found === 'stream' && !/^(live|rec)\//.test(path) ? `live/${path}` : path };
  return { source, via: query.get('via'), params };
}

/** The query of the page that shows this: the other way round. */
export function writeLink(source, via, params) {
  const name = source && { live: 'stream', rec: 'rec', vod: 'vod', url: 'url' }[source.kind];
  const value = source && (source.kind === 'url' ? encodeURIComponent(source.path) : encodePath(source.path));
  const parts = [name && `${name}=${value}`, source && via && `via=${via}`, params];
  const query = parts.filter(Boolean).join('&');
  return query && `?${query}`;
}
