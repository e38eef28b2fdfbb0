// Plays what is selected, or from the left edge on, with a line that moves; slowly, or only a band of it.
'use strict';

const player = {context: null, source: null, startedAt: 0, from: 0, to: 0, speed: 1};
const isPlaying = () => player.source !== null;

// The time of the recording that is heard now.
function playHead() {
  const heard = player.context.currentTime - player.startedAt - (player.context.outputLatency || 0);
  return Math.min(player.to, player.from + Math.max(0, heard) * player.speed);
}

function togglePlay() {
  if (isPlaying()) { stop(); return; }
  player.context ??= new AudioContext();
  player.context.resume();
  const atEnd = timeAt(0) >= endTime() - 1e-6;
  player.from = view.selection?.from ?? (atEnd ? data.start_s : timeAt(0));
  player.to = view.selection?.to ?? endTime();
  player.speed = Number(byId('speed').value);
  player.source = new AudioBufferSourceNode(player.context, {
    buffer: sound.buffer,
    // The buffer's rate is that of the label, not always the recording's.
    playbackRate: player.speed * sampleRate / data.label_rate,
  });
  player.source.connect(bandFilter(player.context));
  player.source.onended = stop;
  player.startedAt = player.context.currentTime;
  const inBuffer = sampleRate / data.label_rate;
  player.source.start(0, (player.from - data.start_s) * inBuffer, (player.to - player.from) * inBuffer);
  byId('play').textContent = '■';
  byId('play').ariaLabel = 'Stop';
  followPlayHead();
}

// What the sound goes through: the band selected, by two filters of fourth order, if only that is wanted.
function bandFilter(context) {
  if (!view.selection || !byId('band').checked) return context.destination;
  const limits = [['highpass', view.selection.low], ['lowpass', view.selection.high]];
  return limits.flatMap(([type, hz]) => [[type, hz], [type, hz]]).reduceRight((next, [type, hz]) => {
    // Played slowly, the band is lower.
    const frequency = Math.min(context.sampleRate / 2, hz * player.speed);
    const filter = new BiquadFilterNode(context, {type, frequency});
    filter.connect(next);
    return filter;
  }, context.destination);
}

function stop() {
  if (!player.source) return;
  const {source} = player;
  player.source = null;
  source.onended = null;
  source.stop();
  byId('play').textContent = '▶';
  byId('play').ariaLabel = 'Play';
  drawOverlay();
}

function followPlayHead() {
  if (!isPlaying()) return;
  if (!view.selection && xAt(playHead()) > area.width * 0.95) moveBy(Math.round(area.width * 0.85), 0);
  drawOverlay();
  requestAnimationFrame(followPlayHead);
}
