// Columns of a spectrogram from a slice of samples; runs in workers, which keep nothing between requests.
'use strict';

// The samples in the middle of the frames of a column that covers [from, to).
// Where columns are finer than a quarter of the window, a frame for each; else all frames at that stride,
// or no more than `most` of them.
function frameCentres(from, to, size, most) {
  const stride = size / 4;
  if (to - from <= stride) return [Math.round((from + to) / 2)];
  const first = Math.ceil(from / stride), last = Math.ceil(to / stride) - 1;
  const every = Math.max(1, Math.ceil((last - first + 1) / most)), centres = [];
  for (let i = first; i <= last; i += every) centres.push(Math.round(i * stride));
  return centres.length ? centres : [Math.round((from + to) / 2)];
}

// request: x (samples), x0 (number of the first of them), size, window, fft (length), spp (samples per column),
//   first, n (columns), edges (rows in bins, rising), most (frames in a column).
// Returns dB re full scale, -Infinity for silence, row by row within columns: the greatest bin of a row, or, where bins are sparser than
// rows, power interpolated between two.
function computeColumns({x, x0, size, window, fft, spp, first, n, edges, most}) {
  const weights = getWindow(window, size), half = size >> 1, offset = fft - size >> 1;
  const nBins = (fft >> 1) + 1, nRows = edges.length - 1;
  const frame = new Float64Array(fft), spectrum = new Float64Array(nBins), pooled = new Float64Array(nBins);
  const columns = new Float32Array(n * nRows);
  const sum = weights.reduce((a, b) => a + b, 0), fullScale = 4 / (sum * sum);
  for (let column = 0; column < n; column++) {
    const from = (first + column) * spp;
    frameCentres(from, from + spp, size, most).forEach((centre, index) => {
      const start = centre - half - x0;
      for (let i = 0; i < size; i++) {
        const j = start + i;
        frame[offset + i] = j >= 0 && j < x.length ? x[j] * weights[i] : 0;
      }
      powerSpectrum(frame, fft, index ? spectrum : pooled);
      if (index) for (let i = 0; i < nBins; i++) if (spectrum[i] > pooled[i]) pooled[i] = spectrum[i];
    });
    for (let row = 0; row < nRows; row++) {
      const low = edges[row], high = edges[row + 1];
      let power = 0;
      if (high - low >= 1) {
        const end = Math.min(nBins - 1, Math.ceil(high) - 1);
        for (let i = Math.max(0, Math.ceil(low)); i <= end; i++) if (pooled[i] > power) power = pooled[i];
      } else {
        const middle = Math.min(nBins - 1, Math.max(0, (low + high) / 2)), i = Math.min(nBins - 2, Math.floor(middle));
        power = pooled[i] * (1 - (middle - i)) + pooled[i + 1] * (middle - i);
      }
      columns[column * nRows + row] = 10 * Math.log10(power * fullScale);
    }
  }
  return columns;
}

if (typeof WorkerGlobalScope !== 'undefined') {
  onmessage = ({data: request}) => {
    const {generation, first, n} = request, columns = computeColumns(request);
    postMessage({generation, first, n, columns}, [columns.buffer]);
  };
}
