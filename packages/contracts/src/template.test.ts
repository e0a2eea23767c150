import { describe, expect, it } from 'vitest';
import { parseTemplate, templateFault, templateSchema } from './template.ts';

describe('a template', () => {
  it('is its fields and the text between them', () => {
    const field = (source: string, steps: unknown[]) => ({ source, steps, llamaIndex: false });
    expect(parseTemplate('{{Product Name}} costs {{ price }}\n{{"a}}b".tags[]}}')).toEqual({
      parts: [
        field('Product Name', ['Product Name']),
        ' costs ',
        field('price', ['price']),
        '\n',
        field('"a}}b".tags[]', ['a}}b', 'tags', null]),
      ],
    });
  });

  it.each([
    ["{{'{{'}}a{{ '}}' }} {{a}}", '{{a}} '],
    ["{{'{'}}{{a}}}", '{}'],
    ['{a} }} {"x":{{a}}}', '{a} }} {"x":}'],
    ['\\{{a}}', '\\'],
  ])('takes the braces of %s for text', (template, literal) => {
    const read = parseTemplate(template);
    expect('parts' in read && read.parts.filter((part) => typeof part === 'string').join('')).toBe(literal);
  });

  it('may ask for the text that LlamaIndex embeds', () => {
    expect(parseTemplate('{{_node_content | llamaindex}}')).toEqual({
      parts: [{ source: '_node_content | llamaindex', steps: ['_node_content'], llamaIndex: true }],
    });
  });

  it.each<[string, string, number, string]>([
    ['{{}}', '{{}}', 1, 'no key'],
    ['a {{ }} {{b}}', '{{ }}', 3, 'no key'],
    ['{{a}} {{b | upper}}', '{{b | upper}}', 7, 'piped'],
    ['{{a|upper}}', '{{a|upper}}', 1, 'piped'],
    ['{{#if a}}x{{/if}}', '{{#if a}}', 1, 'begins with #'],
    ['{{a}}{{/if}}', '{{/if}}', 6, 'begins with /'],
    ['{{> partial}}', '{{> partial}}', 1, 'begins with >'],
    ['{{{x}}}', '{{{x}}', 1, 'three braces'],
    ['{{x', '{{x', 1, 'not closed'],
    ['{{a}} {{b} }}', '{{b} }}', 7, 'braces within braces'],
    ['{{a{b}}}', '{{a{b}}', 1, 'braces within braces'],
    ['{{"a}}', '{{"a}}', 1, 'quote'],
    ['{{a..b}}', '{{a..b}}', 1, 'beside a dot'],
    ['{{a[x]}}', '{{a[x]}}', 1, 'brackets'],
  ])('is refused whole for one thing that cannot be read: %s', (template, found, character, why) => {
    const message = templateFault(template) ?? '';
    expect(message).toContain(`has ${JSON.stringify(found)} at character ${character}, which cannot be read`);
    expect(message).toContain(why);
    expect(message).toContain("braces that are text are {{'{{'}}");
    expect(templateSchema.safeParse(template).error?.issues[0]?.message).toBe(message);
  });

  it.each(['title', "{{'{{'}}", '{x}'])('names a field: %s names none', (template) => {
    expect(templateFault(template)).toContain('names no payload field');
  });

  it('that is empty is told once', () => {
    expect(templateSchema.safeParse('').error?.issues).toHaveLength(1);
  });
});
