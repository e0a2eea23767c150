import type { VectorOrigin } from '@reembed/contracts';
import type { Bm25Encoder, EmbedKind, ModelCatalogue, VectorShape } from '../ports/embedder.ts';
import type { Projection } from '../ports/learned-maps.ts';
import { givesDimensions } from './embed-recipe.ts';
import { cutVector } from './stored-vector.ts';

/** How texts become vectors of one stored vector: by a model that is asked, or by rules, at no cost, as JSON text. */
export type TextEncoder = EmbeddedText | { readonly kind: 'written'; readonly write: (text: string) => string };

/** `size`: the vector's, or that of each of its rows; `cut`: a longer embedding is cut to it and renormalised, as the vector was. */
export type EmbeddedText = {
  readonly kind: 'embedded';
  readonly model: string;
  readonly said: VectorOrigin['said'];
  readonly shape: VectorShape;
  /** Asked of the model; null: its own size. */
  readonly dimensions: number | null;
  readonly size: number;
  readonly cut: boolean;
  /** The learned map that the text has to go through, as the documents went. */
  readonly map: TextMap | null;
};

type TextMap = { readonly adapter: string; readonly sha256: string; readonly fromDimensions: number };

/** Which model embeds a text for the vector, and whether its embedding goes through the map; null: documents were mapped from a model nobody has named. */
export function modelFor(
  { model, projected }: VectorOrigin,
  kind: EmbedKind,
  wanted?: string,
): { readonly model: string; readonly mapped: boolean } | null {
  if (projected === undefined) return { model, mapped: false };
  const isQuery = kind === 'query';
  const mapped = isQuery && wanted !== undefined ? wanted === projected.from : !isQuery || projected.queries === 'old';
  if (!mapped) return { model, mapped };
  return projected.from === null ? null : { model: projected.from, mapped };
}

/** Null where the model is not known here. */
export function encoderOf(
  origin: VectorOrigin,
  { model, mapped }: { readonly model: string; readonly mapped: boolean },
  kind: EmbedKind,
  catalogue: ModelCatalogue,
): TextEncoder | null {
  const { said, dimensions: size, via, options = {}, cutFrom, projected } = origin;
  if (via === 'qdrant') return { kind: 'written', write: (text) => JSON.stringify({ text, model, options }) };
  if (origin.bm25 !== undefined) {
    const encoder = catalogue.bm25.encoder(origin.bm25);
    return { kind: 'written', write: (text) => writeSparse(encoder, kind, text) };
  }
  const known = catalogue.saying({ [model]: said }).facts(model);
  if (known === null) return null;
  const { shape } = known;
  if (shape !== 'dense') {
    const dimensions = shape === 'rows' ? size : null;
    return { kind: 'embedded', model, said, shape, dimensions, size, cut: false, map: null };
  }
  const map = mapped && projected !== undefined ? projected : null;
  const wanted = map?.fromDimensions ?? size;
  const gives = known.dimensions !== wanted && givesDimensions(known, wanted);
  return { kind: 'embedded', model, said, shape, dimensions: gives ? wanted : null, size, cut: cutFrom !== undefined, map };
}

function writeSparse(encoder: Bm25Encoder, kind: EmbedKind, text: string): string {
  const { indices, values } = kind === 'query' ? encoder.query(text) : encoder.document(text);
  return JSON.stringify({ indices, values: [...values] });
}

/** The embedding as the stored vector has it, through the map and cut; or why it is not what made it. `name`: the vector's, for the words. */
export function fitEmbedding(
  { model, shape, size, cut, map }: EmbeddedText,
  name: string,
  embedded: Float32Array,
  bring: Projection | null,
): Float32Array | { readonly failed: string } {
  if (shape !== 'dense') return embedded;
  const gives = `${model} gives ${embedded.length} dimensions`;
  if (map !== null && embedded.length !== map.fromDimensions)
    return { failed: `${gives} and ${map.adapter} maps ${map.fromDimensions}: it is not what made the old vectors` };
  const whole = bring?.(embedded) ?? embedded;
  const fitted = cut && whole.length > size ? cutVector(whole, size) : whole;
  return fitted?.length === size ? fitted : { failed: `${gives} and the vector "${name}" has ${size}: it is not what made it` };
}
