// FLV and MPEG-TS, over HTTP and WebSocket, by mpegts.js.

import { load } from './load.js';

/** Seconds of what was played that stay in memory. */
const BEHIND = 30;

export async function startMpegts(route, { video, hear }) {
  const mpegts = await load('mpegts');
  mpegts.LoggingControl.enableAll = false;
  const { mseLivePlayback, msePlayback } = mpegts.getFeatureList();
  if (!(route.live ? mseLivePlayback : msePlayback)) {
    hear('unsupported');
    return null;
  }
  const { live, type, url } = route;
  let player = null;
  let speed = null;
  let media = {};
  let silent = false;

  function failed(detail, info) {
    const why = typeof info === 'string' ? info : info?.msg ?? detail;
    if (/unsupported audio/i.test(why) && !silent) {
      // The pictures of a stream are worth having where its sound is of a kind that no browser knows in here.
      silent = true;
      player.destroy();
      begin();
      return;
    }
    hear(/codec|MSE/i.test(detail) ? 'codec' : 'lost', video.error?.message || why);
  }

  function begin() {
    player = mpegts.createPlayer({ type, url, isLive: live, cors: true, ...(silent && { hasAudio: false }) }, {
      // What arrives is shown at once; whoever runs dry is helped by `CatchUp`, which aims higher then.
      enableStashBuffer: !live,
      lazyLoad: !live,
      autoCleanupSourceBuffer: true,
      autoCleanupMaxBackwardDuration: 2 * BEHIND,
      autoCleanupMinBackwardDuration: BEHIND,
    });
    player.on(mpegts.Events.MEDIA_INFO, (info) => {
      media = info;
      // It takes the size of some AV1 pictures for another one, and shows noise.
      if (/^av01/.test(info.videoCodec)) queueMicrotask(() => hear('codec', 'AV1'));
    });
    player.on(mpegts.Events.STATISTICS_INFO, (info) => { speed = info.speed; });
    player.on(mpegts.Events.LOADING_COMPLETE, () => live && hear('lost'));
    // It goes on with what it was doing behind this: first it must be done.
    player.on(mpegts.Events.ERROR, (_, detail, info) => queueMicrotask(() => failed(detail, info)));
    player.attachMediaElement(video);
    player.load();
    if (silent) video.play().catch(() => {});
  }

  begin();
  return {
    facts: () => ({
      videoCodec: media.hasVideo === false ? '' : media.videoCodec,
      audioCodec: silent ? undefined : media.hasAudio === false ? '' : media.audioCodec,
      isSilent: silent,
      rate: media.audioSampleRate,
      channels: media.audioChannelCount,
      bitsPerSecond: speed === null ? undefined : speed * 8192,
    }),
    stop: () => player.destroy(),
  };
}
