import { type Department, family } from '../family.ts';

const BRANDS = ['Dielenhof', 'Terravesta', 'Slatebrook'] as const;
const DECORS = [
  'natural oak',
  'smoked oak',
  'limed oak',
  'rustic oak',
  'walnut',
  'ash',
  'beech',
  'pine',
  'concrete grey',
  'slate',
  'whitewashed oak',
  'teak',
] as const;
const TILE_COLOURS = [
  'white',
  'ivory',
  'beige',
  'sand',
  'light grey',
  'mid grey',
  'anthracite',
  'black',
  'taupe',
  'terracotta',
  'sage',
  'navy blue',
  'rust',
  'marble white',
] as const;
const TILE_SIZES_CM = {
  '10 × 10': 1.5,
  '15 × 15': 1.3,
  '20 × 20': 1.15,
  '20 × 40': 1,
  '30 × 30': 0.95,
  '30 × 60': 1,
  '60 × 60': 1.15,
  '60 × 120': 1.6,
  '80 × 80': 1.5,
} as const;

export const FLOORING: Department = {
  name: 'Flooring & tiles',
  prefix: 'FL',
  families: [
    family({
      category: 'Floor tiles',
      unit: 'box',
      brands: BRANDS,
      axes: {
        colour: TILE_COLOURS,
        sizeCm: TILE_SIZES_CM,
        surface: { matt: 1, polished: 1.25, 'slip-resistant R10': 1.1, 'slip-resistant R11': 1.15 },
        coverageM2: [1.08, 1.44],
      },
      attributes: () => ({ material: 'porcelain' }),
      name: (v) =>
        `Porcelain floor tile ${v.sizeCm} cm, ${v.colour}, ${v.surface}, box of ${v.coverageM2} m²`,
      description: (v) =>
        `Porcelain floor tile in ${v.colour}, ${v.sizeCm} cm, ${v.surface}; one box covers ${v.coverageM2} m².`,
      uses: ['Frost-proof and fit for underfloor heating.', 'Abrasion class PEI 4.'],
      euros: (v) => v.coverageM2 * 19,
      grams: (v) => v.coverageM2 * 20_000,
    }),
    family({
      category: 'Wall tiles',
      unit: 'box',
      brands: BRANDS,
      axes: {
        type: { 'Ceramic wall tile': 1, 'Metro tile': 1.2, 'Mosaic tile': 2.2 },
        colour: TILE_COLOURS,
        sizeCm: {
          '2.5 × 2.5': 1.2,
          '5 × 5': 1.1,
          '7.5 × 15': 1.1,
          '10 × 20': 1,
          '10 × 30': 1,
          '15 × 15': 0.95,
          '20 × 25': 0.85,
          '25 × 40': 0.9,
          '30 × 60': 1.05,
          '30 × 90': 1.4,
        },
        surface: { gloss: 1, matt: 1.05 },
      },
      where: (v) => {
        const isMosaic = v.sizeCm === '2.5 × 2.5' || v.sizeCm === '5 × 5';
        if (v.type === 'Metro tile') return ['7.5 × 15', '10 × 20', '10 × 30'].includes(v.sizeCm);
        return (v.type === 'Mosaic tile') === isMosaic;
      },
      name: (v) => `${v.type} ${v.sizeCm} cm, ${v.colour}, ${v.surface}, box of 1 m²`,
      description: (v) =>
        `${v.type} in ${v.colour}, ${v.sizeCm} cm, ${v.surface}; one box covers 1 m².`,
      uses: ['For bathroom and kitchen walls.', 'Easy to wipe clean.'],
      euros: () => 18,
      grams: () => 13_500,
    }),
    family({
      category: 'Laminate & vinyl',
      unit: 'pack',
      brands: [...BRANDS, 'Timberlea'],
      axes: {
        type: {
          'Laminate flooring': 0.8,
          'Click vinyl': 1.4,
          'Engineered wood flooring': 2.7,
          'Adhesive vinyl': 1.1,
        },
        decor: DECORS,
        thicknessMm: [2, 4, 5, 7, 8, 10, 12, 14],
        coverageM2: [1.8, 2.2, 2.5],
      },
      where: (v) => {
        if (v.type === 'Adhesive vinyl') return v.thicknessMm === 2;
        if (v.type === 'Click vinyl') return v.thicknessMm === 4 || v.thicknessMm === 5;
        if (v.type === 'Laminate flooring') return v.thicknessMm >= 7 && v.thicknessMm <= 12;
        return v.thicknessMm >= 10 && v.decor !== 'slate' && v.decor !== 'concrete grey';
      },
      name: (v) => `${v.type}, ${v.decor}, ${v.thicknessMm} mm, pack of ${v.coverageM2} m²`,
      description: (v) =>
        `${v.type} in ${v.decor}, ${v.thicknessMm} mm thick; one pack covers ${v.coverageM2} m².`,
      uses: [
        'For living rooms, halls and bedrooms.',
        'Fit for underfloor heating.',
        'Lay on a suitable underlay.',
      ],
      euros: (v) => v.coverageM2 * (9 + v.thicknessMm * 0.9),
      grams: (v) => v.coverageM2 * v.thicknessMm * 880,
    }),
    family({
      category: 'Skirting & profiles',
      unit: 'piece',
      brands: [...BRANDS, 'Timberlea'],
      axes: {
        type: {
          'Skirting board': 1,
          'Transition profile': 1.5,
          'Edge profile': 1.3,
          'Stair nosing': 1.9,
        },
        decor: [...DECORS, 'white', 'aluminium silver', 'black'],
        sizeMm: [25, 30, 40, 58, 60, 80, 100],
        lengthMm: [900, 1350, 2400, 2700],
      },
      where: (v) =>
        (v.type === 'Skirting board') === v.sizeMm >= 58 &&
        (v.type === 'Skirting board') === v.lengthMm >= 2400,
      name: (v) => `${v.type}, ${v.decor}, ${v.sizeMm} × ${v.lengthMm} mm`,
      description: (v) => `${v.type} in ${v.decor}, ${v.sizeMm} mm, ${v.lengthMm} mm long.`,
      uses: ['Matches floors of the same decor.', 'To clip, glue or screw.'],
      euros: (v) => 2.5 + v.sizeMm * v.lengthMm * 0.000_055,
      grams: (v) => v.sizeMm * v.lengthMm * 0.006,
    }),
  ],
};
