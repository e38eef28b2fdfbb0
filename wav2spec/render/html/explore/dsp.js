// Windows and Fourier transforms in float64, equal to wav2spec's. Knows numbers alone: it runs in workers and in Node.
'use strict';

// Weights of ``a0 - a1 cos(x) + a2 cos(2x) - ...`` over one turn.
const COSINE_SUMS = {
  'hann': [0.5, 0.5],
  'hanning': [0.5, 0.5],
  'hamming': [0.54, 0.46],
  'blackman': [0.42, 0.5, 0.08],
  'rectangular': [1],
  'blackman-harris': [0.35875, 0.48829, 0.14128, 0.01168],
  'nuttall': [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  'flattop': [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
};

// Each is given an index, the index of the last point of the symmetric window, and the number behind the colon.
const WINDOW_FORMULAS = {
  'bartlett': (i, last) => 1 - Math.abs(2 * i / last - 1),
  'cosine': (i, last) => Math.sin(Math.PI / (last + 1) * (i + 0.5)),
  'kaiser': (i, last, beta) => besselI0(beta * Math.sqrt(Math.max(0, 1 - (2 * i / last - 1) ** 2))) / besselI0(beta),
  'gaussian': (i, last, deviation) => Math.exp(-0.5 * ((i - last / 2) / deviation) ** 2),
  'tukey': (i, last, share) => {
    const inward = Math.min(i, last - i), edge = share * last / 2;
    return inward < edge ? 0.5 * (1 - Math.cos(Math.PI * inward / edge)) : 1;
  },
};
for (const [name, weights] of Object.entries(COSINE_SUMS)) {
  WINDOW_FORMULAS[name] = (i, last) =>
    weights.reduce((sum, weight, k) => sum + (k % 2 ? -1 : 1) * weight * Math.cos(2 * Math.PI * k * i / last), 0);
}

// The modified Bessel function of order 0, by its power series.
function besselI0(x) {
  let term = 1, sum = 1;
  for (let k = 1; term > 1e-18 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const windows = new Map();

// The periodic window of a name such as "hann" or "kaiser:14": the symmetric one of a point more, without its last.
function getWindow(text, size) {
  const key = text + ' ' + size;
  if (!windows.has(key)) {
    const [name, number] = text.split(':');
    windows.set(key, Float64Array.from({length: size}, (_, i) => WINDOW_FORMULAS[name](i, size, Number(number))));
  }
  return windows.get(key);
}

const plans = new Map();

// The tables of a real transform of n = 2^k points, by a complex one of half as many.
function fftPlan(n) {
  if (plans.has(n)) return plans.get(n);
  const half = n >> 1, bits = Math.log2(half);
  const plan = {
    half, reversed: new Uint32Array(half), cos: new Float64Array(half), sin: new Float64Array(half),
    splitCos: new Float64Array(half + 1), splitSin: new Float64Array(half + 1),
    re: new Float64Array(half), im: new Float64Array(half),
  };
  for (let i = 0; i < half; i++) {
    for (let bit = 0; bit < bits; bit++) plan.reversed[i] |= (i >> bit & 1) << bits - 1 - bit;
    plan.cos[i] = Math.cos(2 * Math.PI * i / half);
    plan.sin[i] = -Math.sin(2 * Math.PI * i / half);
  }
  for (let i = 0; i <= half; i++) {
    plan.splitCos[i] = Math.cos(Math.PI * i / half);
    plan.splitSin[i] = -Math.sin(Math.PI * i / half);
  }
  plans.set(n, plan);
  return plan;
}

// Writes |X|^2 of n real values into power[0..n/2]; n is a power of two, at least 16.
function powerSpectrum(x, n, power) {
  const {half, reversed, cos, sin, splitCos, splitSin, re, im} = fftPlan(n);
  for (let i = 0; i < half; i++) {
    const j = reversed[i];
    re[j] = x[2 * i];
    im[j] = x[2 * i + 1];
  }
  // The first two stages need no multiplication.
  for (let i = 0; i < half; i += 4) {
    const ar = re[i] + re[i + 1], ai = im[i] + im[i + 1], br = re[i] - re[i + 1], bi = im[i] - im[i + 1];
    const cr = re[i + 2] + re[i + 3], ci = im[i + 2] + im[i + 3], dr = re[i + 2] - re[i + 3], di = im[i + 2] - im[i + 3];
    re[i] = ar + cr; im[i] = ai + ci; re[i + 2] = ar - cr; im[i + 2] = ai - ci;
    re[i + 1] = br + di; im[i + 1] = bi - dr; re[i + 3] = br - di; im[i + 3] = bi + dr;
  }
  for (let h = 4; h < half; h <<= 1) {
    const step = half / (2 * h);
    for (let k = 0; k < h; k++) {
      const wr = cos[k * step], wi = sin[k * step];
      for (let i = k; i < half; i += 2 * h) {
        const j = i + h, xr = re[j] * wr - im[j] * wi, xi = re[j] * wi + im[j] * wr;
        re[j] = re[i] - xr; im[j] = im[i] - xi;
        re[i] += xr; im[i] += xi;
      }
    }
  }
  // The even and odd samples' transforms, put together.
  power[0] = (re[0] + im[0]) ** 2;
  power[half] = (re[0] - im[0]) ** 2;
  for (let k = 1, l = half - 1; k <= l; k++, l--) {
    const er = (re[k] + re[l]) / 2, ei = (im[k] - im[l]) / 2, or = (im[k] + im[l]) / 2, oi = (re[l] - re[k]) / 2;
    const xr = or * splitCos[k] - oi * splitSin[k], xi = or * splitSin[k] + oi * splitCos[k];
    power[k] = (er + xr) ** 2 + (ei + xi) ** 2;
    power[l] = (er - xr) ** 2 + (ei - xi) ** 2;
  }
}
