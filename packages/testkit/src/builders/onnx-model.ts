/** A node of an ONNX graph; `integers` are its attributes. */
export type OnnxNode = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly integers?: Readonly<Record<string, number>>;
};

type ValueInfo = { readonly name: string; readonly type: number; readonly dims: readonly (string | number)[] };

export type OnnxGraph = {
  readonly nodes: readonly OnnxNode[];
  readonly floats: readonly { readonly name: string; readonly dims: readonly number[]; readonly values: readonly number[] }[];
  readonly int64s: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Types are those of TensorProto.DataType: 1 is float, 7 int64, 10 float16. */
  readonly inputs: readonly ValueInfo[];
  readonly output: ValueInfo;
};

/** The bytes of a model of one graph: the few messages of onnx.proto (IR version 8, opset 17) that a small graph takes, as protobuf. */
export function onnxModel({ nodes, floats, int64s, inputs, output }: OnnxGraph): Uint8Array {
  const graph = message(
    ...nodes.map((node) => field(1, nodeProto(node))),
    field(2, 'tiny'),
    ...floats.map(({ name, dims, values }) => field(5, tensorProto(name, 1, dims, new Float32Array(values)))),
    ...int64s.map(({ name, values }) => field(5, tensorProto(name, 7, [values.length], BigInt64Array.from(values, BigInt)))),
    ...inputs.map((input) => field(11, valueInfoProto(input))),
    field(12, valueInfoProto(output)),
  );
  return message(field(1, 8), field(7, graph), field(8, message(field(1, ''), field(2, 17))));
}

function nodeProto({ op, inputs, output, integers = {} }: OnnxNode): Uint8Array {
  const attributes = Object.entries(integers).map(([name, value]) => field(5, message(field(1, name), field(3, value), field(20, 2))));
  return message(...inputs.map((input) => field(1, input)), field(2, output), field(4, op), ...attributes);
}

function tensorProto(name: string, type: number, dims: readonly number[], values: Float32Array | BigInt64Array): Uint8Array {
  const raw = new Uint8Array(values.buffer);
  return message(...dims.map((dim) => field(1, dim)), field(2, type), field(8, name), field(9, raw));
}

function valueInfoProto({ name, type, dims }: ValueInfo): Uint8Array {
  const shape = message(...dims.map((dim) => field(1, message(typeof dim === 'number' ? field(1, dim) : field(2, dim)))));
  return message(field(1, name), field(2, message(field(1, message(field(1, type), field(2, shape))))));
}

/** A field of protobuf: an integer as a varint, all else with its length before it. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return message(varint(number << 3), varint(value));
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return message(varint((number << 3) | 2), varint(bytes.length), bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function message(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
