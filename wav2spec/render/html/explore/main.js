// Controls, pointer and keys: what changes the view, and what follows from it.
'use strict';

const SIZES = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768];
const WINDOWS = ['hann', 'hamming', 'blackman', 'blackman-harris', 'nuttall', 'flattop', 'kaiser:14', 'rectangular'];
const RANGE = {least: 10, most: 160};
// No view is narrower than this: a sixteenth of a sample a column, 20 Hz.
const LEAST_SPP = 1 / 16, LEAST_BAND = 20;

let former = null;        // the analysis before the last change, for blinking between two

// ---- changes of the view
const frozenView = () => ({first: view.first, spp: view.spp, low: lowEdge(), high: view.high});

// After the position or the zoom changed: what is there is shown moved at once, the rest follows.
function showMoved(before) {
  const zoomed = before.spp !== view.spp || before.low !== lowEdge() || before.high !== view.high;
  if (zoomed) {
    forgetColumns();
    stretch(before);
  } else {
    repaint();
  }
  followView();
  requestColumns();
}

function followView() {
  drawAxes();
  drawOverview();
  drawOverlay();
  showReadout();
  showCommand();
  saveState();
}

function keepWithin() {
  const total = sound.n / view.spp;
  view.first = total <= area.width ? 0 : Math.max(0, Math.min(Math.ceil(total) - area.width, Math.round(view.first)));
}

function moveBy(columns, rows) {
  const before = frozenView();
  view.first += columns;
  keepWithin();
  if (rows) {
    const low = scaled(lowEdge()), high = scaled(view.high), asked = rows / area.height * (high - low);
    const shift = Math.max(scaled(lowest()) - low, Math.min(scaled(nyquist) - high, asked));
    view.low = unscaled(low + shift);
    view.high = unscaled(high + shift);
  }
  showMoved(before);
}

// The time at x stays where it is.
function zoomTime(factor, x) {
  const before = frozenView(), sample = (view.first + x) * view.spp;
  view.spp = Math.max(LEAST_SPP, Math.min(sound.n / area.width, view.spp * factor));
  view.first = sample / view.spp - x;
  keepWithin();
  showMoved(before);
}

// The frequency at y stays where it is.
function zoomFrequency(factor, y) {
  const before = frozenView(), at = scaled(hzAt(y)), low = scaled(lowEdge()), high = scaled(view.high);
  view.low = unscaled(Math.max(scaled(lowest()), at - (at - low) * factor));
  view.high = Math.min(nyquist, unscaled(at + (high - at) * factor));
  if (view.high - view.low < LEAST_BAND) view.high = Math.min(nyquist, view.low + LEAST_BAND);
  showMoved(before);
}

function showAll() {
  const before = frozenView();
  view.first = 0;
  view.spp = sound.n / area.width;
  view.low = 0;
  view.high = nyquist;
  showMoved(before);
}

function showTimes(from, to) {
  const before = frozenView();
  view.spp = Math.max(LEAST_SPP, Math.min(sound.n / area.width, (to - from) * sampleRate / area.width));
  view.first = (from - data.start_s) * sampleRate / view.spp;
  keepWithin();
  showMoved(before);
}

const analysis = () => ({size: view.size, window: view.window, scale: view.scale});

// Sets fields of the view: analyses are computed anew, colours only painted.
function change(values) {
  if (['size', 'window', 'scale'].some(name => name in values && values[name] !== view[name])) former = analysis();
  Object.assign(view, values);
  setPalette();
  if (['size', 'window', 'scale', 'channel'].some(name => name in values)) {
    forgetColumns();
    requestColumns();
  } else {
    repaint();
  }
  showControls();
  followView();
}

// Back to the analysis before, and again forth: the eye sees what differs.
function blink() { if (former) change(former); }

// The greatest level in view becomes the top.
function autoLevels() {
  let greatest = -Infinity;
  for (let x = 0; x < area.width; x++) {
    for (const level of columnsOf.get(view.first + x) ?? []) if (level > greatest) greatest = level;
  }
  if (greatest > -200) change({top: Math.ceil(greatest)});
}

// ---- what is said of the view
function noteName(hz) {
  const semitones = 12 * Math.log2(hz / 440) + 57, nearest = Math.round(semitones), cents = Math.round(100 * (semitones - nearest));
  if (!(hz >= 16 && hz < 20_000)) return '';
  const name = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'][nearest % 12] + Math.floor(nearest / 12);
  return name + (cents ? (cents > 0 ? '+' : '−') + Math.abs(cents) : '');
}

function showReadout() {
  if (!view.cursor) { byId('readout').textContent = ''; return; }
  const {x, y} = view.cursor, hz = hzAt(Math.floor(y) + 0.5), level = levelAt(x, y);
  const step = Math.min(0.001, view.spp / sampleRate);
  const db = level === undefined ? '…' : level === -Infinity ? '−∞ dB' : withDigits(level, 1) + ' dB';
  const seconds = timeText(timeAt(Math.floor(x) + 0.5), step) + (endTime() < 120 ? ' s' : '');
  byId('readout').textContent = [seconds, hzText(hz), noteName(hz), db].filter(Boolean).join('   ');
}

function showControls() {
  for (const name of ['size', 'window', 'scale', 'channel', 'top', 'range', 'palette']) byId(name).value = view[name];
  byId('levels').textContent = `${withMinus(view.top)} … ${withMinus(view.top - view.range)} dB`;
  const ms = 1000 * view.size / sampleRate, hz = sampleRate / view.size;
  byId('resolution').textContent = `${+ms.toPrecision(3)} ms · ${+hz.toPrecision(3)} Hz a bin`;
}

// ---- the view in the address, so that a link shows a place
function saveState() {
  const numbers = {t: [timeAt(0), Math.min(timeAt(area.width), endTime())], f: [view.low, view.high]};
  const state = {size: view.size, window: view.window, scale: view.scale, channel: view.channel, top: view.top,
    range: view.range, palette: view.palette, ...Object.fromEntries(Object.entries(numbers).map(([name, values]) =>
      [name, values.map(value => +value.toFixed(6)).join(',')]))};
  clearTimeout(saveState.timer);
  // Browsers limit how often the address may change.
  saveState.timer = setTimeout(() => history.replaceState(null, '', '#' + new URLSearchParams(state)), 300);
}

function loadState() {
  const state = new URLSearchParams(location.hash.slice(1)), span = {};
  const oneOf = (name, values) => { if (values.includes(state.get(name))) view[name] = state.get(name); };
  const number = (name, least, most) => {
    const value = Number(state.get(name));
    if (state.has(name) && value >= least && value <= most) view[name] = value;
  };
  number('size', 2, 2 ** 20);
  view.size = Math.floor(view.size);
  oneOf('window', [...byId('window').options].map(option => option.value));
  oneOf('scale', Object.keys(SCALES));
  oneOf('channel', [...byId('channel').options].map(option => option.value));
  oneOf('palette', Object.keys(data.palettes));
  number('top', -300, 300);
  number('range', RANGE.least, RANGE.most);
  for (const name of ['t', 'f']) {
    const pair = (state.get(name) ?? '').split(',').map(Number);
    if (pair.length === 2 && pair.every(Number.isFinite) && pair[0] < pair[1]) span[name] = pair;
  }
  if (span.f) [view.low, view.high] = [Math.max(0, span.f[0]), Math.min(nyquist, span.f[1])];
  return span.t;
}

// ---- pointer
const pointers = new Map();   // of each finger, where it is in the picture
let drag = null;

const place = event => ({x: event.offsetX - MARGIN.left, y: event.offsetY - MARGIN.top});
const isInside = ({x, y}) => x >= 0 && y >= 0 && x < area.width && y < area.height;

// Selects the rectangle between two corners, at least a pixel of it.
function selectBetween(a, b) {
  const left = Math.max(0, Math.min(a.x, b.x, area.width - 1)), right = Math.max(left + 1, a.x, b.x);
  const top = Math.max(0, Math.min(a.y, b.y, area.height - 1)), bottom = Math.max(top + 1, a.y, b.y);
  view.selection = {
    from: timeAt(left), to: Math.min(endTime(), timeAt(right)),
    low: hzAt(Math.min(area.height, bottom)), high: hzAt(top),
  };
}

overlay.onpointerdown = event => {
  overlay.setPointerCapture(event.pointerId);
  overlay.focus({preventScroll: true});
  pointers.set(event.pointerId, place(event));
  drag = {start: place(event), last: place(event), selects: event.shiftKey || byId('drag').value === 'select'};
};

overlay.onpointermove = event => {
  const at = place(event);
  view.cursor = isInside(at) ? at : null;
  if (pointers.size === 2 && pointers.has(event.pointerId)) pinch(event.pointerId, at);
  else if (drag?.selects) { selectBetween(drag.start, at); showCommand(); }
  else if (drag) {
    const dx = Math.round(drag.last.x - at.x), dy = Math.round(at.y - drag.last.y);
    if (dx || dy) { drag.last = at; moveBy(dx, dy); }
  }
  drawOverlay();
  showReadout();
};

overlay.onpointerup = overlay.onpointercancel = event => {
  pointers.delete(event.pointerId);
  const tiny = drag?.selects && Math.abs(place(event).x - drag.start.x) < 3;
  if (tiny) view.selection = null;
  drag = null;
  drawOverlay();
  showCommand();
};

// Two fingers: the distance between them zooms, each axis for itself.
function pinch(id, at) {
  const [other] = [...pointers].filter(([key]) => key !== id).map(([, point]) => point), old = pointers.get(id);
  const spread = (p, q, axis) => Math.max(20, Math.abs(p[axis] - q[axis]));
  zoomTime(spread(old, other, 'x') / spread(at, other, 'x'), (at.x + other.x) / 2);
  if (Math.abs(at.y - other.y) > 60) zoomFrequency(spread(old, other, 'y') / spread(at, other, 'y'), (at.y + other.y) / 2);
  pointers.set(id, at);
}

overlay.onpointerleave = () => { view.cursor = null; drawOverlay(); showReadout(); };
overlay.ondblclick = () => { view.selection = null; showAll(); };
overlay.addEventListener('wheel', event => {
  event.preventDefault();
  const at = place(event), factor = 2 ** ((event.deltaY || event.deltaX) / 300);
  if (event.shiftKey || event.ctrlKey) zoomFrequency(factor, at.y);
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) moveBy(Math.round(event.deltaX), 0);
  else zoomTime(factor, at.x);
}, {passive: false});

overview.onpointerdown = event => {
  const go = move => {
    const before = frozenView();
    view.first = (move.offsetX - MARGIN.left) / area.width * sound.n / view.spp - area.width / 2;
    keepWithin();
    showMoved(before);
  };
  overview.setPointerCapture(event.pointerId);
  overview.onpointermove = go;
  overview.onpointerup = () => { overview.onpointermove = null; };
  go(event);
};

// ---- keys
function cycle(name, values, step) {
  const index = values.indexOf(view[name]);
  change({[name]: values[(index + step + values.length) % values.length]});
}

function stepSize(step) {
  const sizes = [...byId('size').options].map(option => Number(option.value)), index = sizes.indexOf(view.size) + step;
  if (index >= 0 && index < sizes.length) change({size: sizes[index]});
}

function moveCursor(dx, dy) {
  view.cursor ??= {x: area.width / 2, y: area.height / 2};
  const {x, y} = view.cursor;
  view.cursor = {x: Math.max(0, Math.min(area.width - 1, x + dx)), y: Math.max(0, Math.min(area.height - 1, y + dy))};
  if (moveCursor.anchor) { selectBetween(moveCursor.anchor, view.cursor); showCommand(); }
  drawOverlay();
  showReadout();
}

// Begins a selection at the cursor, which moves its other corner, or ends it.
function toggleSelecting() {
  moveCursor.anchor = moveCursor.anchor ? null : view.cursor ?? {x: area.width / 2, y: area.height / 2};
  moveCursor(0, 0);
}

const KEYS = {
  ' ': togglePlay, ']': () => stepSize(1), '[': () => stepSize(-1),
  w: () => cycle('window', [...byId('window').options].map(option => option.value), 1),
  f: () => cycle('scale', Object.keys(SCALES), 1),
  x: blink, a: autoLevels, 0: showAll, c: () => byId('copy').click(), v: toggleSelecting,
  ',': () => change({range: Math.max(RANGE.least, view.range - 5)}),
  '.': () => change({range: Math.min(RANGE.most, view.range + 5)}),
  '+': () => zoomTime(0.5, area.width / 2), '-': () => zoomTime(2, area.width / 2),
  '=': () => zoomTime(0.5, area.width / 2),
  '*': () => zoomFrequency(0.5, area.height / 2), '/': () => zoomFrequency(2, area.height / 2),
  ArrowRight: () => moveBy(Math.round(area.width / 8), 0), ArrowLeft: () => moveBy(-Math.round(area.width / 8), 0),
  ArrowUp: () => moveBy(0, area.height / 8), ArrowDown: () => moveBy(0, -area.height / 8),
  Home: () => moveBy(-Infinity, 0), End: () => moveBy(sound.n / view.spp, 0),
  s: () => { byId('drag').value = byId('drag').value === 'move' ? 'select' : 'move'; },
  Escape: () => { view.selection = null; moveCursor.anchor = null; drawOverlay(); showCommand(); },
};
const CURSOR_KEYS = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

addEventListener('keydown', event => {
  if (event.metaKey || event.altKey) return;
  const tag = event.target.tagName, ownKeys = ['INPUT', 'SELECT', 'BUTTON'].includes(tag);
  if (ownKeys && (event.key.startsWith('Arrow') || [' ', 'Enter', 'Home', 'End'].includes(event.key))) return;
  if (tag === 'SELECT' && event.key.length === 1) return;
  // With shift the cursor moves, a pixel at a time or, with control, ten.
  if (event.shiftKey && event.key in CURSOR_KEYS) {
    event.preventDefault();
    moveCursor(...CURSOR_KEYS[event.key].map(n => n * (event.ctrlKey ? 10 : 1)));
  } else if (!event.ctrlKey && event.key in KEYS) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

// ---- start
function fillControls() {
  const add = (id, values) => {
    for (const [value, text] of values) byId(id).add(new Option(text, value));
  };
  const sizes = [...new Set([...SIZES, view.size])].sort((a, b) => a - b);
  add('size', sizes.map(size => [size, size]));
  add('window', [...new Set([...WINDOWS, view.window])].map(name => [name, name]));
  add('palette', Object.keys(data.palettes).map(name => [name, name]));
  if (data.n_channels > 1) add('channel', [['mix', 'mean of all']]);
  add('channel', Array.from({length: data.n_channels}, (_, i) => [i, data.first_channel + i]));
  byId('channel-label').hidden = data.n_channels === 1;
  for (const name of ['size', 'top', 'range']) byId(name).oninput = event => change({[name]: Number(event.target.value)});
  for (const name of ['window', 'scale', 'channel', 'palette']) byId(name).onchange = event => change({[name]: event.target.value});
  byId('play').onclick = togglePlay;
  byId('auto').onclick = autoLevels;
  byId('all').onclick = showAll;
  byId('copy').onclick = event => copyText(commandLine(), event.currentTarget);
}

function resized() {
  const wasWhole = view.spp >= sound.n / area.width - 1e-9, box = byId('view').getBoundingClientRect();
  if (Math.floor(box.width) === picture.width && Math.floor(box.height) === picture.height) return;
  layOut();
  if (wasWhole) view.spp = sound.n / area.width;
  keepWithin();
  forgetColumns();
  repaint();
  followView();
  requestColumns();
}

async function start() {
  byId('title').textContent = data.title;
  byId('about').textContent = data.about;
  await decodeSound();
  fillControls();
  const times = loadState();
  setPalette();
  layOut();
  view.spp = sound.n / area.width;
  repaint();
  showControls();
  if (times) showTimes(...times);
  else { followView(); requestColumns(); }
  new ResizeObserver(resized).observe(byId('view'));
  document.documentElement.dataset.ready = 'true';
}

start().catch(error => {
  byId('problem').hidden = false;
  byId('problem').textContent = `The recording could not be opened in this browser: ${error.message}`;
  document.documentElement.dataset.ready = 'failed';
});
