// HLS and LL-HLS by hls.js, or by the system where that is all there is.

import { load } from './load.js';
import { startNative } from './native.js';

/** How often a fatal error of the media is mended in place before it counts. */
const MENDS = 3;

export async function startHls(route, world) {
  const Hls = await load('hls');
  if (Hls.isSupported()) return startByScript(Hls, route, world);
  if (world.video.canPlayType('application/vnd.apple.mpegurl')) return startNative(route, world);
  world.hear('unsupported');
  return null;
}

function startByScript(Hls, { url, live }, { video, hear }) {
  const player = new Hls({ lowLatencyMode: true, enableWorker: true, backBufferLength: 30, maxLiveSyncPlaybackRate: 1.15,
    // A recording that still grows is watched from its beginning.
    startPosition: live ? -1 : 0 });
  let mends = 0;
  let bytes = 0;
  let tracks = {};
  const count = (_, data) => { bytes += (data.part ?? data.frag).stats.loaded; };
  player.on(Hls.Events.FRAG_LOADED, count);
  player.on(Hls.Events.BUFFER_CODECS, (_, found) => { tracks = { ...tracks, ...found }; });
  player.on(Hls.Events.BUFFER_EOS, () => live && hear('lost'));
  player.on(Hls.Events.ERROR, (_, data) => {
    if (!data.fatal) return;
    const codec = [Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR, Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR,
      Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR].includes(data.details);
    if (!codec && data.type === Hls.ErrorTypes.MEDIA_ERROR && mends < MENDS) {
      mends += 1;
      player.recoverMediaError();
      return;
    }
    hear(codec ? 'codec' : 'lost', data.response?.code ? `HTTP ${data.response.code}` : data.reason ?? data.details);
  });
  player.attachMedia(video);
  player.loadSource(url);
  return {
    facts: () => {
      const level = player.levels[Math.max(player.currentLevel, 0)];
      const { video: pictures, audio, audiovideo } = tracks;
      // Segments that hold both say both: 'avc1.64001f,mp4a.40.2'.
      const both = (audiovideo?.codec ?? '').split(',').map((name) => name.trim()).filter(Boolean);
      const inBoth = (isSound) => both.find((name) => /^(mp4a|opus|ac-3|ec-3|flac|mp3)/i.test(name) === isSound);
      return {
        videoCodec: pictures?.codec ?? inBoth(false) ?? level?.videoCodec ?? (pictures || audiovideo || !audio ? undefined : ''),
        audioCodec: audio?.codec ?? inBoth(true) ?? level?.audioCodec,
        rate: audio?.metadata?.sampleRate,
        channels: audio?.metadata?.channelCount,
        latency: live && player.latency > 0 ? player.latency : undefined,
        bytes,
        paced: true,
      };
    },
    edge: () => {
      if (player.liveSyncPosition) video.currentTime = player.liveSyncPosition;
    },
    stop: () => player.destroy(),
  };
}
