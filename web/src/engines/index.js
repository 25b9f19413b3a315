// The players behind one face:
//
//     engine = await start(route, { video, hear })
//     engine.facts()    { videoCodec, audioCodec, fps, rate, channels, latency, bytes, paced }, each if known
//     engine.edge()     goes to the newest picture
//     engine.stop()
//
// `hear(what, why)` is told `'ended'`, `'lost'` (worth another try), `'codec'` or `'unsupported'` (not worth one).
// An engine that is `paced` keeps up with a live stream by itself.

import { startHls } from './hls.js';
import { startMpegts } from './mpegts.js';
import { startNative } from './native.js';
import { startShaka } from './shaka.js';

const STARTERS = { mpegts: startMpegts, hls: startHls, shaka: startShaka, native: startNative };

export const start = (route, world) => STARTERS[route.engine](route, world);

/** Where the newest data of a media element ends, in its seconds; null when there is none. */
export function bufferedEnd(video) {
  const { buffered } = video;
  return buffered.length > 0 ? buffered.end(buffered.length - 1) : null;
}
