// node onnx.js DIR NAME...: runs NAME.onnx in ONNX Runtime on NAME_input.npy, in full and on its first row, and compares
// with NAME_output.npy: to 1e-5 relative plus 1e-6.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require(process.env.ONNXRUNTIME_NODE || 'onnxruntime-node');

const types = {'<f4': ['float32', Float32Array], '<f8': ['float64', Float64Array], '<i8': ['int64', BigInt64Array]};

function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const [type, Numbers] = types[/'descr': '([^']*)'/.exec(header)[1]];
  const shape = /\(([^)]*)\)/.exec(header)[1].split(',').filter(s => s.trim()).map(Number);
  const data = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  return {type, shape, data: new Numbers(data)};
}

function differs(ours, expected) {
  return Math.abs(ours - expected) > 1e-6 + 1e-5 * Math.abs(expected);
}

async function check(folder, name) {
  const x = readNpy(path.join(folder, name + '_input.npy')), y = readNpy(path.join(folder, name + '_output.npy'));
  const session = await ort.InferenceSession.create(path.join(folder, name + '.onnx'), {logSeverityLevel: 3});
  const {output} = await session.run({input: new ort.Tensor(x.type, x.data, x.shape)});
  let worst = 0;
  if (output.dims.join() !== y.shape.join()) throw new Error(`${name}: shape [${output.dims}] instead of [${y.shape}]`);
  for (let i = 0; i < y.data.length; ++i) {
    if (differs(output.data[i], y.data[i])) throw new Error(`${name}: ${output.data[i]} instead of ${y.data[i]} in place ${i}`);
    worst = Math.max(worst, Math.abs(output.data[i] - y.data[i]) / (1e-6 + 1e-5 * Math.abs(y.data[i])));
  }
  if (name !== 'double') {  // whose softmax is over the rows
    const row = x.data.slice(0, x.data.length / x.shape[0]);
    const first = (await session.run({input: new ort.Tensor(x.type, row, [1, ...x.shape.slice(1)])})).output;
    if (first.dims[0] !== 1) throw new Error(`${name}: ${first.dims[0]} rows for one`);
    for (let i = 0; i < first.data.length; ++i)
      if (differs(first.data[i], y.data[i])) throw new Error(`${name}, one row: ${first.data[i]} instead of ${y.data[i]}`);
  }
  console.log(`${name}: ${y.data.length} numbers, the largest difference is ${worst.toFixed(2)} of what is allowed`);
}

(async () => {
  let failed = 0;
  for (const name of process.argv.slice(3)) await check(process.argv[2], name).catch(error => {
    ++failed;
    console.log('FAILED ' + error.message);
  });
  process.exit(failed ? 1 : 0);
})();
