import type { Issue, Plan, Spec } from '@reembed/contracts';
import { embedVectors, isInPlace, keptVectors, templateOf } from '../domain/recipes-of.ts';
import { type PlanScene, sourceOrigins } from '../recipes/plan-scene.ts';
import { readsTextsElsewhere } from '../recipes/point-texts.ts';
import { textOf } from '../recipes/render-text.ts';
import { textTemplates } from '../recipes/target-payload.ts';
import { pathOf } from '../recipes/target-vector.ts';

/** Faults that no other try mends. */
const finalFaults: readonly string[] = ['text-source-refused', 'address-not-allowed', 'invalid-text-file'];

/** What keeps texts that are not in the payloads from being read at all. */
export function textBlockers({ spec, texts: { fault } }: PlanScene): Issue[] {
  const { url, file } = spec.source.textFrom;
  if (!readsTextsElsewhere(spec)) return [];
  const field = url === null ? 'source.textFrom.file' : 'source.textFrom.url';
  const issue = (message: string): Issue => ({ field, value: url ?? file, message });
  const isFinal = fault !== null && finalFaults.includes(fault.code);
  const unmeasured = Object.entries(spec.vectors).filter(([, { bm25 }]) => bm25?.avgLen === 'measured');
  return [
    ...(textTemplates(spec).length === 0 ? [issue('no vector of the target is made from text: leave it out')] : []),
    ...(fault !== null && isFinal ? [issue(fault.message)] : []),
    ...(fault === null || isFinal
      ? []
      : unmeasured.map(([name]) => ({
          field: `vectors.${JSON.stringify(name)}.bm25.avgLen`,
          value: 'measured',
          message: `no text could be read to measure (${fault.message}): mend that, or give a number`,
        }))),
  ];
}

const shownTexts = 3;
const shownChars = 300;

/** The first different texts of the sample as they are embedded, without the words that a model wants before them. */
export function renderedTexts({ spec, sample }: PlanScene): Plan['texts'] {
  return textVectors(spec).map(({ name, template }) => {
    const texts = new Set(sample.flatMap((point) => textOf(template, point) ?? []));
    return { vector: name, template, examples: [...texts].slice(0, shownTexts).map(shown) };
  });
}

function shown(text: string): string {
  return text.length > shownChars ? `${text.slice(0, shownChars).toWellFormed()}…` : text;
}

function textVectors({ vectors }: Spec): { name: string; template: string }[] {
  return Object.entries(vectors).flatMap(([name, vector]) => {
    const template = templateOf(vector);
    return template === undefined ? [] : [{ name, template }];
  });
}

/** As many points with one text between them are no accident. */
const manyTexts = 10;

/** Templates that tell points apart by nothing: they name what all points have alike. */
export function sameTextReminders({ spec, sample }: PlanScene): string[] {
  return textVectors(spec).flatMap(({ name, template }) => {
    const texts = sample.flatMap((point) => textOf(template, point) ?? []);
    if (texts.length < manyTexts || new Set(texts).size > 1) return [];
    return [
      `All ${texts.length} sampled texts for ${JSON.stringify(name)} are the same one: look at what ${JSON.stringify(template)} names.`,
    ];
  });
}

/** What people forget when texts are not in the payloads. */
export function textReminders({ spec, texts: { fault } }: PlanScene): string[] {
  if (!readsTextsElsewhere(spec)) return [];
  return [
    ...(fault === null
      ? []
      : [`The texts could not be sampled, so tokens, price and lengths are not known, and there is no advice: ${fault.message}`]),
    ...(isInPlace(spec) ? [] : [syncReminder(spec.sync)]),
  ];
}

function syncReminder({ hashField }: Spec['sync']): string {
  return hashField === null
    ? 'A text that changes where source.textFrom has it is in no payload, so sync does not see it: set sync.hashField, which keeps a hash of each text, or write something to the payload with every edit. Without the hash, every point whose payload changes is embedded again.'
    : 'A text that changes where source.textFrom has it is found by sync.hashField: every pass that compares everything asks for the texts of every point.';
}

/** Names of models that read nothing but images. */
const imagesOnly = /nomic-embed-vision|clip-vit[^/]*-vision|(^|[/_-])(unicom|resnet-?\d|dino-?v\d)/i;
/** Names of models that put images and texts into one space. Those that are mostly used for texts, as Cohere's, are not among them. */
const imagesAndTexts =
  /(^|[/_-])(clip|[a-z]*siglip\d*|openclip|colpali|colqwen\d*|imagebind|blip-?\d?)([/_.-]|$)|multimodal|titan-embed-image|gme-qwen\d*-vl|jina-embeddings-v4/i;
const textTower = /-text(-|$)/i;

const inline = /^data:image\/\S+$/i;
const address = /^(https?|s3|gs|file):\/\/\S+\.(jpe?g|png|gif|webp|avif|bmp|tiff?|heic|svg)([?#]\S*)?$/i;
/** Nobody's address is longer, and looking through a long text for one takes long. */
const longestAddress = 2_048;

/** `data:image/…`, or an address that ends like the name of an image, and nothing besides. */
function isImage(text: string): boolean {
  return inline.test(text) || (text.length <= longestAddress && address.test(text));
}

/** The way out; what is said of images always ends with it. */
const unsupported =
  'Images are not supported: reembed sends models text alone. Embed them outside, write the vectors into a named vector of the source and carry it over with `keep`; or embed captions with a model of texts';

/** Vectors that could only be made of images. */
export function imageBlockers(scene: PlanScene): Issue[] {
  return textRecipesOf(scene).flatMap(({ path, recipe, images, texts }) => [
    ...(imagesOnly.test(recipe.model)
      ? [{ field: `${path}.model`, value: recipe.model, message: `embeds images and has no vector for a text. ${unsupported}` }]
      : []),
    ...(images > texts / 2
      ? [
          {
            field: `${path}.text`,
            value: recipe.text,
            message: `gives images or their addresses for ${images} of ${texts} sampled texts, which would be embedded letter by letter. ${unsupported}`,
          },
        ]
      : []),
  ]);
}

/** What is allowed, and may be a mistake. A model of images and texts may well be wanted for texts. */
export function imageReminders(scene: PlanScene): string[] {
  const made = textRecipesOf(scene).flatMap(({ name, recipe, images, texts }) => [
    ...(imagesAndTexts.test(recipe.model) && !imagesOnly.test(recipe.model) && !textTower.test(recipe.model)
      ? [`${recipe.model} embeds images too; here ${JSON.stringify(name)} is made of texts, ${recipe.text}. ${unsupported}.`]
      : []),
    ...(images > 0 && images <= texts / 2
      ? [
          `${images} of ${texts} sampled texts for ${JSON.stringify(name)} are images or their addresses, and would be embedded letter by letter: leave them out by source.filter. ${unsupported}.`,
        ]
      : []),
  ]);
  return [...made, ...lostImages(scene)];
}

/** A vector of a model of images and texts that gives way to one of texts. */
function lostImages({ spec, around: { source } }: PlanScene): string[] {
  const kept = new Set(keptVectors(spec).map(({ from }) => from));
  const fresh = embedVectors(spec).find(({ recipe: { model } }) => !imagesAndTexts.test(model) && !imagesOnly.test(model));
  if (source === null || fresh === undefined) return [];
  const lost = Object.entries(sourceOrigins(spec, source)).filter(
    ([vector, { model }]) => (imagesAndTexts.test(model) || imagesOnly.test(model)) && !kept.has(vector),
  );
  return lost.map(
    ([vector, { model }]) =>
      `${model}, which made "${vector}", embeds images too, and ${fresh.recipe.model} does not: searches for images, and by images, find nothing by the new vector. Keep the old one beside it: vectors: { images: { keep: ${JSON.stringify(vector)} } }.`,
  );
}

/** Every vector that a model makes of text, with how many sampled points have a text, and how many of these are images. */
function textRecipesOf({ spec, sample }: PlanScene) {
  return Object.entries(spec.vectors).flatMap(([name, { embed: recipe }]) => {
    if (recipe === undefined) return [];
    const rendered = sample.flatMap((point) => textOf(recipe.text, point) ?? []);
    const images = rendered.filter(isImage).length;
    return [{ name, path: pathOf({ name, recipe: 'embed' }), recipe, images, texts: rendered.length }];
  });
}
