// Distributions. Dragging over one, or typing limits beneath, keeps the rows within; a click shows all again.
'use strict';

const HISTOGRAMS = [
  {key: 'duration_s', label: 'duration, s', log: true},
  {key: 'peak_dbfs', label: 'peak, dBFS'},
  {key: 'rms_dbfs', label: 'RMS, dBFS'},
  {key: 'silent_share', label: 'share of silence'},
  {key: 'clipped_share', label: 'share clipped, if any', log: true},
  {key: 'dc', label: 'mean (DC)'},
];
const N_BINS = 70, BIN_WIDTH = 3, HEIGHT = 56;

class Histogram {
  constructor({key, label, log = false}) {
    this.key = key;
    this.log = log;
    this.values = columns[key];
    this.low = Infinity;
    this.high = -Infinity;
    for (const value of this.values) {
      if (!this.counts(value)) continue;
      this.low = Math.min(this.low, value);
      this.high = Math.max(this.high, value);
    }
    this.empty = this.low > this.high;
    if (this.empty) [this.low, this.high] = log ? [1, 10] : [0, 1];
    if (this.low === this.high) this.high = log ? this.low * 1.001 : this.low + 1;
    // The bin of each row, -1 for none.
    this.bins = Int8Array.from(this.values, value =>
      this.counts(value) ? Math.min(N_BINS - 1, Math.floor(this.position(value) * N_BINS)) : -1);
    this.all = this.count(() => true);
    this.canvas = make('canvas', {width: N_BINS * BIN_WIDTH, height: HEIGHT, role: 'img'});
    this.canvas.setAttribute('aria-label', `Histogram of ${label}`);
    this.inputs = ['lowest', 'highest'].map((end, index) => {
      const input = make('input', {type: 'text', inputMode: 'decimal', ariaLabel: `${end} ${label}`, spellcheck: false});
      input.onchange = () => this.limit(index, input.value);
      return input;
    });
    this.canvas.onpointerdown = event => this.drag(event);
    this.figure = make('figure', {}, make('figcaption', {textContent: label}), this.canvas,
      make('div', {}, ...this.inputs));
  }

  counts(value) { return value !== null && (!this.log || value > 0); }

  position(value) {
    return this.log ? Math.log(value / this.low) / Math.log(this.high / this.low)
      : (value - this.low) / (this.high - this.low);
  }

  valueAt(position) {
    return this.log ? this.low * (this.high / this.low) ** position : this.low + position * (this.high - this.low);
  }

  count(isCounted) {
    const bins = new Uint32Array(N_BINS);
    for (let row = 0; row < nRows; row++) if (this.bins[row] >= 0 && isCounted(row)) bins[this.bins[row]]++;
    return bins;
  }

  drag(event) {
    const at = e => Math.max(0, Math.min(1, e.offsetX / this.canvas.clientWidth)), start = at(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.onpointermove = move => {
      const [a, b] = [start, at(move)].sort((x, y) => x - y);
      // The outermost bins include their ends in spite of rounding.
      this.range = [a === 0 ? -Infinity : this.valueAt(a), b === 1 ? Infinity : this.valueAt(b)];
    };
    this.canvas.onpointerup = up => {
      this.canvas.onpointermove = this.canvas.onpointerup = null;
      if (Math.abs(at(up) - start) < 0.01) this.range = null;
    };
  }

  limit(index, text) {
    const value = text.trim() === '' ? NaN : Number(text.replace('−', '-')), range = [...this.range ?? [-Infinity, Infinity]];
    range[index] = Number.isNaN(value) ? [-Infinity, Infinity][index] : value;
    this.range = range.some(Number.isFinite) ? range : null;
  }

  get range() { return view.ranges[this.key]; }

  set range(range) {
    if (range) view.ranges[this.key] = range;
    else delete view.ranges[this.key];
    list.scrollTop = 0;
    update();
  }

  draw() {
    const shown = this.count(row => isShown(row, this.key)), context = this.canvas.getContext('2d');
    const most = Math.sqrt(Math.max(1, ...this.all)), style = getComputedStyle(document.body);
    context.clearRect(0, 0, this.canvas.width, HEIGHT);
    // Square roots, so that a single row among thousands is seen.
    const bar = (count, bin) => {
      const height = Math.sqrt(count) / most * (HEIGHT - 2);
      context.fillRect(bin * BIN_WIDTH, HEIGHT - height, BIN_WIDTH - 1, height);
    };
    context.fillStyle = 'rgba(128, 128, 128, .4)';
    this.all.forEach(bar);
    context.fillStyle = style.getPropertyValue('--histogram') || '#4477cc';
    shown.forEach(bar);
    const ends = this.range ?? [this.low, this.high];
    if (this.range) {
      const [a, b] = ends.map((value, index) => Number.isFinite(value) ? this.position(value) : index);
      const x = Math.max(0, a) * this.canvas.width, right = Math.min(1, b) * this.canvas.width;
      context.strokeStyle = '#ff8800';
      context.strokeRect(x + .5, .5, Math.max(1, right - x - 1), HEIGHT - 1);
    }
    this.inputs.forEach((input, index) => {
      const value = Number.isFinite(ends[index]) ? ends[index] : [this.low, this.high][index];
      input.value = this.empty ? '' : withMinus(+value.toPrecision(4));
      input.classList.toggle('active', Boolean(this.range));
    });
  }
}

// Manifests of earlier versions do not have all.
const histograms = HISTOGRAMS.map(histogram => new Histogram(histogram)).filter(histogram => !histogram.empty);
byId('histograms').append(...histograms.map(histogram => histogram.figure));
