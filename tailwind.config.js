// The look of Reglink: every colour, radius, shadow, font and size that a page may use. Views are made of the utilities
// that these tokens name (bg-surface, text-ink-2, rounded-m …), and a value that is not here does not exist for them.

// Each colour is a CSS variable with a light and a dark value, so that a theme changes in one place and no view needs
// a dark: variant. All pairs of text and ground meet WCAG AA (4.5:1); field, focus and accent meet 3:1 as outlines.
const light = {
  canvas: '#f6f6f4', // the page
  surface: '#ffffff', // cards, bars, fields
  sunken: '#f1f1ee', // read-only values, quiet fills
  line: '#e2e2dd', // rules and card borders: decoration, never the only sign of a control
  'line-strong': '#c9c9c2', // the border of a plain button, whose label is the sign
  field: '#7f8581', // the border of an input
  ink: '#1b1d1c', // text
  'ink-2': '#565b58', // secondary text
  'ink-3': '#626864', // labels of facts, captions, placeholders
  accent: '#0b6b61', // links, the main button, the current place
  'accent-ink': '#ffffff', // text on accent
  'accent-hover': '#09564e',
  'accent-soft': '#e3f1ee', // the ground of the current place
  focus: '#1d8f83',
  good: '#1c7a3e', // the three status colours, for status only
  'good-soft': '#e4f3e8',
  warn: '#8a5a00',
  'warn-soft': '#fbf0d9',
  bad: '#b3261e',
  'bad-soft': '#fbe9e7',
}

const dark = {
  canvas: '#141615',
  surface: '#1c1f1e',
  sunken: '#232726',
  line: '#2f3432',
  'line-strong': '#454b48',
  field: '#7a817d',
  ink: '#eceeec',
  'ink-2': '#b3b9b5',
  'ink-3': '#939a96',
  accent: '#4fc3b3',
  'accent-ink': '#07231f',
  'accent-hover': '#6fd3c5',
  'accent-soft': '#14332f',
  focus: '#6fd3c5',
  good: '#6fce8b',
  'good-soft': '#16301e',
  warn: '#e9b857',
  'warn-soft': '#352a12',
  bad: '#ff8f86',
  'bad-soft': '#3b1b19',
}

const shadow = '0 1px 2px rgb(20 24 22 / .05), 0 4px 16px rgb(20 24 22 / .04)'

function theme(scheme, colors, card) {
  const variables = Object.entries(colors).map(([name, value]) => [`--${name}`, value])
  return { 'color-scheme': scheme, ...Object.fromEntries(variables), '--card': card }
}

// The system chooses the theme unless the person did: data-theme on <html> is light, dark, or absent.
function themes({ addBase }) {
  addBase({
    ':root': theme('light', light, shadow),
    ':root[data-theme="dark"]': theme('dark', dark, '0 0 transparent'),
    '@media (prefers-color-scheme: dark)': {
      ':root:not([data-theme="light"])': theme('dark', dark, '0 0 transparent'),
    },
  })
}

const named = Object.keys(light).map((name) => [name, `var(--${name})`])

export default {
  content: ['./views/**/*.templ'],
  theme: {
    colors: { ...Object.fromEntries(named), transparent: 'transparent', current: 'currentColor' },
    screens: { md: '760px', lg: '1024px' },
    borderRadius: { none: '0', s: '6px', m: '10px', full: '9999px' },
    boxShadow: { card: 'var(--card)', none: 'none' },
    fontFamily: {
      sans: ['Inter', 'ui-sans-serif', 'system-ui', '-apple-system', '"Segoe UI"', 'Roboto', 'sans-serif'],
      mono: ['ui-monospace', '"SF Mono"', '"DejaVu Sans Mono"', 'Menlo', 'Consolas', 'monospace'],
    },
    // Five sizes. display is the one exception: the welcome beside the registration form, read from further away.
    fontSize: {
      display: ['1.875rem', { lineHeight: '2.375rem', fontWeight: '600', letterSpacing: '-.015em' }],
      title: ['1.625rem', { lineHeight: '2rem', fontWeight: '600', letterSpacing: '-.015em' }],
      section: ['1.0625rem', { lineHeight: '1.5rem', fontWeight: '600', letterSpacing: '-.005em' }],
      body: ['.9375rem', { lineHeight: '1.5rem', fontWeight: '400' }],
      label: ['.875rem', { lineHeight: '1.25rem', fontWeight: '550' }],
      small: ['.8125rem', { lineHeight: '1.25rem', fontWeight: '400' }],
    },
  },
  plugins: [themes],
}
