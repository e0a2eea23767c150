import { defineConfig } from 'vitepress';
import { withMermaid } from 'vitepress-plugin-mermaid';

/** docs/ as it is, copied here because VitePress looks for its own modules from where pages are. A link within it that leads nowhere fails the build; files of the repository are not on the site. */
/** `{{title}}` in a sentence or in words of code is a template of ours, and no expression of Vue. */
function keepBraces(md) {
  for (const name of ['text', 'code_inline']) {
    const rule = md.renderer.rules[name];
    md.renderer.rules[name] = (...args) => rule(...args).replaceAll('{{', '&#123;&#123;');
  }
}

const page = (text, link) => ({ text, link });

const config = defineConfig({
  title: 'reembed',
  description: 'Moves a live Qdrant collection to another embedding model without downtime.',
  srcDir: 'pages',
  outDir: 'dist',
  cleanUrls: true,
  // What the site says of paragraphs does not hold in a diagram: its boxes were measured without.
  head: [['style', {}, '.vp-doc .mermaid p { margin: 0; line-height: inherit; }']],
  ignoreDeadLinks: [
    /\/(examples|packages|skills|apps|e2e|bench|deploy)\//,
    /\/(README|SECURITY|CONTRIBUTING|CHANGELOG)(\.md)?$/,
    /^https?:\/\/localhost/,
  ],
  markdown: { config: keepBraces },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: [
      {
        text: 'Begin',
        items: [
          page('From nothing to switched', '/tutorial'),
          page('Where you may come from', '/coming-from'),
          page('Which road to take', '/choosing'),
        ],
      },
      {
        text: 'How to',
        items: [
          page('A pace production does not feel', '/how-to/pace'),
          page('The gateway', '/how-to/any-language'),
          page('Texts by batch', '/how-to/batch'),
          page('Hooks', '/how-to/hooks'),
          page('The bridge', '/how-to/bridge'),
          page('Two steps, in Python', '/how-to/two-step-python'),
          page('Two steps, in TypeScript', '/how-to/two-step-typescript'),
          page('Roll back and again', '/how-to/roll-back-and-again'),
          page('Change what the target is made of', '/how-to/change-what-the-target-is-made-of'),
          page('Other quantization', '/requantize'),
          page('Learned maps', '/learned-maps'),
          page('Trials', '/trial'),
          page('A doctor for collections', '/how-to/doctor'),
          page('People', '/how-to/people'),
          page('Least rights', '/how-to/least-rights'),
          page('TLS', '/how-to/tls'),
          page('A typed client', '/how-to/typed-client'),
          page('Coding agents', '/agents'),
        ],
      },
      {
        text: 'Operate',
        items: [
          page('Operations', '/operations'),
          page('The image', '/image'),
          page('Scaling', '/scaling'),
          page('Watch a fleet', '/how-to/telemetry'),
          page('Metrics', '/metrics'),
          page('Troubleshooting', '/troubleshooting'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Spec', '/spec'),
          page('Settings', '/settings'),
          page('Errors', '/errors'),
          page('States', '/states'),
          page('Templates', '/templates'),
          page('Providers', '/providers'),
          page('Plan', '/plan'),
          page('Metadata', '/metadata'),
        ],
      },
      {
        text: 'Why',
        items: [
          page('Guarantees', '/guarantees'),
          page('Architecture', '/architecture'),
          page('Quality', '/quality'),
          page('Performance', '/performance'),
          page('Writes go through an alias', '/adr/0001-writes-go-through-an-alias'),
          page('Points travel as text', '/adr/0002-points-travel-as-text'),
          page('Core owns the retry', '/adr/0003-core-owns-the-retry'),
          page('What is published is dist', '/adr/0004-what-is-published-is-dist'),
          page('Vectors that are still right', '/adr/0005-vectors-that-are-still-right-come-from-the-earlier-target'),
          page('Pages travel as bytes', '/adr/0006-pages-travel-as-bytes'),
        ],
      },
    ],
  },
});

/** Diagrams are drawn in the reader's browser by the site's own copy of mermaid, as forges draw them; nothing is asked of anybody else. */
export default withMermaid(config);
