// The picture: columns are computed by workers, kept while they fit the view, and coloured here.
'use strict';

const picture = byId('picture'), pictureContext = picture.getContext('2d');
const GREY = 0xff808080;
const nWorkers = Math.max(1, Math.min(8, navigator.hardwareConcurrency || 2));
const workerUrl = URL.createObjectURL(new Blob([byId('worker').textContent], {type: 'text/javascript'}));
// Samples that go to a worker at once; more makes pages stutter while they are copied.
const MAX_SLICE = 2 ** 18;
const MAX_PADDED_FFT = 16384;

let generation = 0;       // answers to requests of before are dropped
let columnsOf = new Map();  // column -> dB of its rows, from low to high
let queue = [], nWaiting = 0;
let image, pixels;
const colors = new Uint32Array(256);

const workers = Array.from({length: nWorkers}, () => {
  const worker = new Worker(workerUrl);
  worker.nRunning = 0;
  worker.onmessage = event => takeColumns(worker, event.data);
  return worker;
});

const nextPowerOfTwo = n => 2 ** Math.ceil(Math.log2(Math.max(n, 32)));

// Filled up with zeros where low frequencies are spread out, so that they are smooth; not for an overview.
function fftLength() {
  const fft = nextPowerOfTwo(view.size);
  if (view.scale === 'linear' || view.spp > view.size / 2) return fft;
  return Math.max(fft, Math.min(MAX_PADDED_FFT, 4 * fft));
}

// What is known of a view, until anything but its position changes.
function forgetColumns() {
  generation++;
  columnsOf = new Map();
  queue = [];
  nWaiting = 0;
}

// Asks for all columns of the view that are not there, from the middle outwards.
function requestColumns() {
  const fft = fftLength(), edges = new Float64Array(area.height + 1);
  for (let row = 0; row <= area.height; row++) edges[row] = hzAt(area.height - row) * fft / sampleRate;
  const from = Math.max(0, view.first), to = Math.min(Math.ceil(sound.n / view.spp), view.first + area.width);
  const nFrames = Math.max(1, view.spp / (view.size / 4));
  const bySlice = Math.max(1, Math.floor(MAX_SLICE / view.spp));
  const n = Math.min(bySlice, Math.max(4, Math.min(64, Math.round(512 / nFrames)))), starts = [];
  for (let start = Math.floor(from / n) * n; start < to; start += n) {
    for (let column = Math.max(start, from); column < Math.min(start + n, to); column++) {
      if (!columnsOf.has(column)) { starts.push(start); break; }
    }
  }
  const middle = view.first + area.width / 2;
  starts.sort((a, b) => Math.abs(a + n / 2 - middle) - Math.abs(b + n / 2 - middle));
  // Of many frames a column, a few are shown first.
  const passes = nFrames > 8 ? [4, Infinity] : [Infinity];
  queue = passes.flatMap(most => starts.map(first =>
    ({generation, first, n, size: view.size, window: view.window, fft, spp: view.spp, edges, most})));
  nWaiting = queue.length;
  document.documentElement.dataset.busy = nWaiting > 0;
  sendRequests();
}

function sendRequests() {
  const samples = shownSamples();
  for (const worker of workers) {
    while (worker.nRunning < 2 && queue.length) {
      const request = queue.shift(), reach = request.size + 8;
      const x0 = Math.max(0, Math.floor(request.first * request.spp - reach));
      const end = Math.min(sound.n, Math.ceil((request.first + request.n) * request.spp + reach));
      const x = samples.slice(x0, Math.max(x0, end));
      worker.nRunning++;
      worker.postMessage({...request, x, x0}, [x.buffer]);
    }
  }
}

function takeColumns(worker, answer) {
  worker.nRunning--;
  if (answer.generation === generation) {
    for (let column = 0; column < answer.n; column++) {
      columnsOf.set(answer.first + column, answer.columns.subarray(column * area.height, (column + 1) * area.height));
    }
    paintColumns(answer.first, answer.n);
    if (--nWaiting === 0) whole();
  }
  sendRequests();
}

function whole() {
  document.documentElement.dataset.busy = false;
  showReadout();
}

function setPalette() {
  const table = data.palettes[view.palette];
  const bytes = table ? readBase64(table) : Uint8Array.from({length: 768}, (_, i) => i / 3);
  for (let i = 0; i < 256; i++) colors[i] = 255 << 24 | bytes[3 * i + 2] << 16 | bytes[3 * i + 1] << 8 | bytes[3 * i];
}

function paintColumns(first, n) {
  const {width, height} = area, factor = 255 / view.range, low = view.top - view.range;
  const from = Math.max(0, first - view.first), to = Math.min(width, first + n - view.first);
  for (let x = from; x < to; x++) {
    const column = columnsOf.get(view.first + x);
    if (!column) continue;
    for (let row = 0, at = (height - 1) * width + x; row < height; row++, at -= width) {
      const level = (column[row] - low) * factor + 0.5;
      pixels[at] = colors[level < 0 ? 0 : level > 255 ? 255 : level | 0];
    }
  }
  if (to > from) pictureContext.putImageData(image, MARGIN.left, MARGIN.top, from, 0, to - from, height);
}

function repaint() {
  pixels.fill(GREY);
  paintColumns(view.first, area.width);
  pictureContext.putImageData(image, MARGIN.left, MARGIN.top);
}

// The picture as it was, moved and stretched to the new view, until the new one is computed. Pixels are looked up in
// our own copy: some browsers blur what is read from a canvas.
function stretch(before) {
  const {width, height} = area, old = pixels.slice(), columnFrom = new Int32Array(width);
  const span = scaled(before.high) - scaled(before.low);
  for (let x = 0; x < width; x++) {
    const from = Math.floor((view.first + x + 0.5) * view.spp / before.spp - before.first);
    columnFrom[x] = from >= 0 && from < width ? from : -1;
  }
  for (let y = 0; y < height; y++) {
    const from = Math.floor((1 - (scaled(hzAt(y + 0.5)) - scaled(before.low)) / span) * height);
    for (let x = 0; x < width; x++) {
      const inside = from >= 0 && from < height && columnFrom[x] >= 0;
      pixels[y * width + x] = inside ? old[from * width + columnFrom[x]] : GREY;
    }
  }
  pictureContext.putImageData(image, MARGIN.left, MARGIN.top);
}

// dB at a pixel of the picture; undefined until it is computed.
const levelAt = (x, y) => columnsOf.get(view.first + Math.floor(x))?.[area.height - 1 - Math.floor(y)];
