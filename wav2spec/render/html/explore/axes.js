// Where times and frequencies lie in the picture, and their ticks.
'use strict';

const MARGIN = {left: 58, top: 8, right: 84, bottom: 38};
const area = {width: 1, height: 1};   // of the picture, in CSS pixels

// What is looked at. Column k of the picture covers samples [k * spp, (k + 1) * spp).
const view = {
  ...data.state,        // size, window, scale, top, range, palette, low, high (Hz), channel
  first: 0,             // the leftmost column
  spp: 1,               // samples per column
  selection: null,      // {from, to (s), low, high (Hz)}
  cursor: null,         // {x, y} in the picture
};

// Slaney's mel: linear below 1 kHz, logarithmic above.
const toMel = f => f < 1000 ? f * 3 / 200 : 15 + Math.log(f / 1000) * 27 / Math.log(6.4);
const fromMel = m => m < 15 ? m * 200 / 3 : 1000 * Math.exp((m - 15) * Math.log(6.4) / 27);
const SCALES = {
  linear: {to: f => f, from: v => v},
  log: {to: f => Math.log2(Math.max(f, 1e-3)), from: v => 2 ** v},
  mel: {to: toMel, from: fromMel},
};
const scaled = f => SCALES[view.scale].to(f), unscaled = v => SCALES[view.scale].from(v);

const nyquist = sampleRate / 2;
// A logarithmic axis has no 0: it begins at half a bin, or at 20 Hz.
const lowest = () => view.scale === 'log' ? Math.min(nyquist / 4, Math.max(20, sampleRate / view.size)) : 0;
const lowEdge = () => Math.max(view.low, lowest());

const hzAt = y => unscaled(scaled(lowEdge()) + (1 - y / area.height) * (scaled(view.high) - scaled(lowEdge())));
const yAt = f => (1 - (scaled(f) - scaled(lowEdge())) / (scaled(view.high) - scaled(lowEdge()))) * area.height;
// Times are those of the recording, of which the page may hold a part.
const timeAt = x => (view.first + x) * view.spp / sampleRate + data.start_s;
const xAt = t => (t - data.start_s) * sampleRate / view.spp - view.first;
const endTime = () => data.start_s + sound.n / sampleRate;

const TIME_STEPS = [...[-6, -5, -4, -3, -2, -1, 0].flatMap(e => [1, 2, 5].map(m => m * 10 ** e)),
  10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

function timeText(t, step) {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (endTime() < 120) return t.toFixed(digits);
  const units = Math.round(t * 10 ** digits), seconds = units / 10 ** digits;
  const h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = (seconds % 60).toFixed(digits);
  const padded = s.padStart(digits ? 3 + digits : 2, '0');
  return h ? `${h}:${String(m).padStart(2, '0')}:${padded}` : `${m}:${padded}`;
}

const hzText = f => f >= 1000 ? `${+(f / 1000).toFixed(f < 10_000 ? 3 : 2)} kHz` : `${f.toFixed(1)} Hz`;

function timeTicks() {
  const from = timeAt(0), to = timeAt(area.width);
  const step = TIME_STEPS.find(s => (to - from) / s <= area.width / 90) ?? TIME_STEPS.at(-1), ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= Math.min(to, endTime()) + 1e-9; i++) {
    ticks.push({at: xAt(i * step), text: timeText(i * step, step)});
  }
  return ticks;
}

const roundUp = value => {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(m => m * power).find(m => m >= value * (1 - 1e-9));
};

function frequencyTicks() {
  const low = lowEdge(), high = view.high, candidates = [];
  if (view.scale === 'linear' || high / Math.max(low, 1) < 3) {
    const step = roundUp((high - low) / Math.max(1, area.height / 36));
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); i++) candidates.push(i * step);
  } else {
    // Round numbers first, then what fits between.
    const decades = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
    candidates.push(0, ...[1, 2, 5, 3, 7].flatMap(m => decades.map(decade => m * decade)));
  }
  const ticks = [];
  for (const f of candidates) {
    if (f < low || f > high * (1 + 1e-9)) continue;
    const at = yAt(f);
    if (ticks.every(tick => Math.abs(tick.at - at) >= 20)) ticks.push({at, text: String(+(f / 1000).toFixed(4))});
  }
  return ticks;
}

function levelTicks() {
  const step = roundUp(view.range / 8), ticks = [];
  for (let i = Math.floor(view.top / step); i * step >= view.top - view.range - 1e-9; i--) {
    ticks.push({at: (view.top - i * step) / view.range * (area.height - 1), text: withMinus(i * step)});
  }
  return ticks;
}
