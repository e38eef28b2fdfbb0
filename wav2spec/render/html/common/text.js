// Text, elements and paths. Every string from outside becomes text by `textContent`, never markup.
'use strict';

const byId = id => document.getElementById(id);

// make('b', {textContent: 'go'}, child, ...): an element.
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function readJson(id) { return JSON.parse(byId(id).textContent); }

function readBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const withMinus = text => String(text).replace(/-/g, '−');
// 0 has no sign.
const withDigits = (value, digits) => withMinus(value.toFixed(digits).replace(/^-(0\.?0*)$/, '$1'));

// The bytes of a path. Bytes that are no UTF-8 are lone surrogates from U+DC80 on, as Python has them.
function pathBytes(path) {
  const bytes = [];
  for (const letter of path) {
    const code = letter.codePointAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...new TextEncoder().encode(letter));
  }
  return Uint8Array.from(bytes);
}

function pathToUrl(path) {
  const plain = /[A-Za-z0-9._~\/-]/;
  const url = Array.from(pathBytes(path), byte => {
    const letter = String.fromCharCode(byte);
    return plain.test(letter) ? letter : '%' + byte.toString(16).toUpperCase().padStart(2, '0');
  }).join('');
  // "a:b.wav" would be a scheme, were the colon not escaped; "//a" would be a host.
  return url.replace(/^\/+/, '/');
}

// A path on one line: what is not printable stands as an escape.
function printable(path) {
  return path.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, letter => {
    const code = letter.charCodeAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) return '\\x' + (code - 0xdc00).toString(16);
    return {'\n': '\\n', '\t': '\\t', '\r': '\\r'}[letter] ?? '\\u' + code.toString(16).padStart(4, '0');
  });
}

// A word for a shell; what is not printable as $'...', which bash, zsh and POSIX 2024 read.
function shellQuote(word) {
  if (/^[A-Za-z0-9_.,:=@%+\/-]+$/.test(word)) return word;
  if (printable(word) === word) return "'" + word.replace(/'/g, "'\\''") + "'";
  const escaped = Array.from(pathBytes(word), byte =>
    byte < 32 || byte > 126 || byte === 39 || byte === 92
      ? '\\' + byte.toString(8).padStart(3, '0') : String.fromCharCode(byte));
  return "$'" + escaped.join('') + "'";
}

// A path as an argument: one that begins with a dash would be an option.
const pathArgument = path => shellQuote(path.startsWith('-') ? './' + path : path);

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No clipboard for pages from disk in some browsers.
    const area = make('textarea', {value: text});
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  const label = button.textContent;
  button.textContent = 'copied';
  setTimeout(() => { button.textContent = label; }, 900);
}
