import { type Department, family } from '../family.ts';

const BRANDS = ['Morgenrot', 'Chalkwell', 'Farbenau', 'Deepwater'] as const;
const WALL_COLOURS = [
  'brilliant white',
  'old white',
  'linen',
  'sand',
  'cappuccino',
  'terracotta',
  'blush',
  'rose',
  'brick red',
  'sunflower',
  'lemon',
  'sage',
  'olive',
  'moss green',
  'mint',
  'duck egg',
  'sky blue',
  'petrol',
  'midnight blue',
  'lavender',
  'aubergine',
  'pearl grey',
  'stone grey',
  'anthracite',
  'black',
] as const;
const FACADE_COLOURS = [
  'white',
  'cream',
  'sand',
  'ochre',
  'terracotta',
  'sage',
  'pearl grey',
  'stone grey',
  'anthracite',
  'dove blue',
] as const;
const GLOSS_COLOURS = [
  'white',
  'cream',
  'light grey',
  'anthracite',
  'jet black',
  'flame red',
  'gentian blue',
  'moss green',
  'rapeseed yellow',
  'chocolate brown',
  'silver',
  'reed green',
] as const;
const WOOD_COLOURS = [
  'clear',
  'oak',
  'pine',
  'walnut',
  'teak',
  'mahogany',
  'larch',
  'ebony',
  'rosewood',
  'grey',
  'white',
] as const;

/** The larger the tin, the cheaper the litre. */
const tinEuros = (litreEuros: number, sizeL: number) => 1.5 + litreEuros * sizeL ** 0.82;
const tinGrams = (sizeL: number) => sizeL * 1400 + 200;

export const PAINT: Department = {
  name: 'Paint & decorating',
  prefix: 'PD',
  families: [
    family({
      category: 'Interior paint',
      unit: 'tin',
      brands: BRANDS,
      axes: {
        colour: WALL_COLOURS,
        sheen: { matt: 1, 'silk matt': 1.12, 'washable matt': 1.3 },
        sizeL: [1, 2.5, 5, 10],
      },
      attributes: (v) => ({ coverageM2: v.sizeL * 7 }),
      name: (v) => `Interior wall paint, ${v.colour}, ${v.sheen}, ${v.sizeL} l`,
      description: (v) =>
        `Water-based ${v.sheen} emulsion in ${v.colour}; ${v.sizeL} l cover about ${v.sizeL * 7} m² in one coat.`,
      uses: [
        'Low in odour and free of solvents.',
        'For walls and ceilings in living rooms and bedrooms.',
        'Touch-dry after two hours.',
      ],
      euros: (v) => tinEuros(8.5, v.sizeL),
      grams: (v) => tinGrams(v.sizeL),
    }),
    family({
      category: 'Exterior masonry paint',
      unit: 'tin',
      brands: BRANDS,
      axes: {
        colour: FACADE_COLOURS,
        type: { smooth: 1, textured: 1.1, 'silicone resin': 1.35 },
        sizeL: [2.5, 5, 10, 12.5, 15],
      },
      attributes: (v) => ({ coverageM2: v.sizeL * 6 }),
      name: (v) => `Exterior masonry paint, ${v.colour}, ${v.type}, ${v.sizeL} l`,
      description: (v) =>
        `Weatherproof façade paint, ${v.type}, in ${v.colour}; enough for about ${v.sizeL * 6} m².`,
      uses: [
        'Sheds rain and lets the wall breathe.',
        'For render, brick and concrete.',
        'Guards against algae and mould.',
      ],
      euros: (v) => tinEuros(11, v.sizeL),
      grams: (v) => tinGrams(v.sizeL),
    }),
    family({
      category: 'Gloss & metal paint',
      unit: 'tin',
      brands: BRANDS,
      axes: {
        type: {
          'Acrylic paint': 1,
          'Metal paint': 1.2,
          'Radiator paint': 1.15,
          'Floor paint': 1.05,
        },
        colour: GLOSS_COLOURS,
        sheen: ['gloss', 'satin', 'matt'],
        sizeMl: [125, 375, 750, 2500],
      },
      where: (v) =>
        (v.type !== 'Radiator paint' || v.colour === 'white' || v.colour === 'cream') &&
        (v.type !== 'Floor paint' || v.sizeMl >= 750),
      name: (v) => `${v.type}, ${v.colour}, ${v.sheen}, ${v.sizeMl} ml`,
      description: (v) =>
        `${v.type} in ${v.colour}, ${v.sheen}; ${v.sizeMl} ml cover about ${Math.round(v.sizeMl * 0.012)} m².`,
      uses: ['Primer and top coat in one.', 'Resists knocks, scratches and weather.'],
      euros: (v) => 3 + (v.sizeMl / 1000) ** 0.75 * 19,
      grams: (v) => v.sizeMl * 1.3 + 60,
    }),
    family({
      category: 'Wood stain & varnish',
      unit: 'tin',
      brands: BRANDS,
      axes: {
        type: {
          'Wood stain': 1,
          'Weatherproof wood glaze': 1.2,
          'Wood oil': 1.25,
          'Clear-coat varnish': 1.1,
          'Fence paint': 0.65,
          'Decking oil': 1.15,
        },
        colour: WOOD_COLOURS,
        sizeMl: [375, 750, 2500, 5000],
      },
      where: (v) => v.type !== 'Clear-coat varnish' || v.colour === 'clear' || v.colour === 'oak',
      name: (v) =>
        `${v.type}, ${v.colour}, ${v.sizeMl < 1000 ? `${v.sizeMl} ml` : `${v.sizeMl / 1000} l`}`,
      description: (v) => `${v.type} in ${v.colour} for wood indoors and out.`,
      uses: [
        'Brings out the grain.',
        'Keeps out water and sun for years.',
        'Two coats are enough.',
      ],
      euros: (v) => 3 + (v.sizeMl / 1000) ** 0.82 * 16,
      grams: (v) => v.sizeMl + 120,
    }),
    family({
      category: 'Spray paint',
      unit: 'piece',
      brands: ['Morgenrot', 'Farbenau', 'Everpost'],
      axes: {
        colour: [
          ...GLOSS_COLOURS,
          'gold',
          'copper',
          'traffic orange',
          'signal violet',
          'pastel turquoise',
          'clear',
        ],
        type: {
          'Acrylic spray paint': 1,
          'Heat-resistant spray paint': 1.6,
          'Anti-rust spray paint': 1.3,
          'Plastic spray paint': 1.25,
        },
        sheen: ['gloss', 'matt'],
        sizeMl: [150, 400, 600],
      },
      name: (v) => `${v.type}, ${v.colour}, ${v.sheen}, ${v.sizeMl} ml`,
      description: (v) =>
        `${v.type} in ${v.colour}, ${v.sheen}, dry to the touch in fifteen minutes.`,
      uses: ['Shake well and spray in thin coats.', 'For metal, wood, glass and ceramics.'],
      euros: (v) => 2.4 + v.sizeMl * 0.009,
      grams: (v) => v.sizeMl * 0.95 + 80,
    }),
    family({
      category: 'Brushes & rollers',
      unit: 'piece',
      brands: ['Chalkwell', 'Farbenau', 'Everpost', 'Pinmoor', 'Oxhide'],
      axes: {
        type: {
          'Flat brush': 1,
          'Radiator brush': 1.05,
          'Round brush': 1.1,
          'Paint roller': 1.4,
          'Roller sleeve': 0.8,
          'Mini roller': 0.75,
          'Ceiling brush': 1.8,
        },
        widthMm: [20, 30, 40, 50, 60, 70, 100, 120, 150, 180, 250],
        material: {
          'mixed bristle': 0.8,
          'natural bristle': 1.3,
          'synthetic filament': 1,
          microfibre: 1.1,
          foam: 0.7,
          lambskin: 1.8,
        },
      },
      where: (v) => {
        const rolls = v.type.toLowerCase().includes('roller');
        if (rolls !== ['microfibre', 'foam', 'lambskin'].includes(v.material)) return false;
        return rolls
          ? v.widthMm >= 60
          : v.type === 'Ceiling brush'
            ? v.widthMm >= 120
            : v.widthMm <= 120;
      },
      name: (v) => `${v.type} ${v.widthMm} mm, ${v.material}`,
      description: (v) => `${v.type}, ${v.widthMm} mm wide, of ${v.material}.`,
      uses: [
        'For water-based paints.',
        'For paints, glazes and varnishes.',
        'Even finish and no drips.',
      ],
      euros: (v) => 1.2 + v.widthMm * 0.05,
      grams: (v) => 30 + v.widthMm * 1.3,
    }),
    family({
      category: 'Tapes & dust sheets',
      unit: 'roll',
      brands: ['Chalkwell', 'Farbenau', 'Everpost', 'Pinmoor'],
      axes: {
        type: {
          'Masking tape': 0.8,
          'Precision masking tape': 1.6,
          'Duct tape': 1.7,
          'Double-sided tape': 2,
          'Packing tape': 0.7,
          'Aluminium tape': 2.2,
        },
        widthMm: [19, 25, 30, 38, 50, 75, 100],
        lengthM: [10, 25, 33, 50, 66],
        colour: ['natural', 'blue', 'black'],
      },
      where: (v) => v.type !== 'Aluminium tape' || v.colour === 'natural',
      name: (v) => `${v.type} ${v.widthMm} mm × ${v.lengthM} m, ${v.colour}`,
      description: (v) =>
        `${v.type}, ${v.widthMm} mm wide, ${v.lengthM} m on the roll, ${v.colour}.`,
      uses: ['Tears by hand.', 'Comes off without residue.', 'Sticks to rough ground.'],
      euros: (v) => 0.9 + v.widthMm * v.lengthM * 0.002,
      grams: (v) => 20 + v.widthMm * v.lengthM * 0.16,
    }),
  ],
};
