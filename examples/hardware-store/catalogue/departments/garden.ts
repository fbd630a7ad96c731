import { type Department, family } from '../family.ts';

const BRANDS = ['Fernhollow', 'Wildacre', 'Rasenfeld', 'Gartmoor'] as const;
const POT_COLOURS = [
  'terracotta',
  'anthracite',
  'white',
  'stone grey',
  'olive',
  'black',
  'cream',
  'cobalt blue',
] as const;

export const GARDEN: Department = {
  name: 'Garden',
  prefix: 'GA',
  families: [
    family({
      category: 'Lawn mowers & machines',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Lawn mower': 1,
          'Mulching mower': 1.2,
          'Hedge trimmer': 0.55,
          'Grass trimmer': 0.45,
          Chainsaw: 0.9,
          'Leaf blower': 0.5,
          Scarifier: 0.85,
        },
        supply: { '1400 W': 0.8, '1800 W': 0.95, '2 × 18 V': 1.7, '40 V': 1.6, petrol: 1.9 },
        widthCm: [25, 30, 32, 35, 38, 42, 46, 51, 55, 60],
        kit: { 'without accessories': 1, 'with accessories': 1.12 },
      },
      where: (v) =>
        (v.type.endsWith('mower') ? v.widthCm >= 32 && v.widthCm <= 51 : v.widthCm !== 51) &&
        (v.type !== 'Leaf blower' || v.widthCm === 30) &&
        (v.type !== 'Grass trimmer' || v.widthCm <= 38) &&
        (v.type !== 'Scarifier' || v.widthCm <= 38) &&
        (v.type !== 'Chainsaw' || v.widthCm <= 46) &&
        (v.type !== 'Hedge trimmer' || v.widthCm >= 42),
      name: (v) => `${v.type} ${v.widthCm} cm, ${v.supply}, ${v.kit}`,
      description: (v) =>
        `${v.type} with ${v.widthCm} cm working width, ${v.supply}, supplied ${v.kit}.`,
      uses: ['For gardens up to 600 m².', 'Light to steer and quick to clean.'],
      euros: (v) => 60 + v.widthCm * 3.4,
      grams: (v) => (v.type.includes('mower') ? 14_000 : 3500) + v.widthCm * 60,
    }),
    family({
      category: 'Garden hand tools',
      unit: 'piece',
      brands: [...BRANDS, 'Oxhide'],
      axes: {
        type: {
          Spade: 1.2,
          'Digging fork': 1.25,
          'Garden rake': 0.8,
          'Leaf rake': 0.75,
          Hoe: 0.8,
          Shovel: 1,
          'Bypass secateurs': 0.9,
          'Anvil secateurs': 0.8,
          Loppers: 1.3,
          'Hedge shears': 1.1,
          'Hand trowel': 0.35,
          Axe: 1.4,
        },
        handle: { ash: 1, fibreglass: 1.15, aluminium: 1.1, steel: 0.9 },
        size: ['small', 'medium', 'large', 'extra long'],
        range: { Classic: 0.8, Comfort: 1, Expert: 1.5 },
      },
      where: (v) =>
        (v.size !== 'extra long' || !/trowel|secateurs/.test(v.type)) &&
        (v.handle !== 'ash' || !/secateurs/.test(v.type)) &&
        (v.handle !== 'aluminium' || v.type !== 'Axe'),
      name: (v) => `${v.type} ${v.range}, ${v.size}, ${v.handle} handle`,
      description: (v) => `${v.type} of the ${v.range} range, ${v.size}, with ${v.handle} handle.`,
      uses: [
        'Spares the back.',
        'Hardened steel that keeps its edge.',
        'For beds, borders and shrubs.',
      ],
      euros: (v) => 19 + ['small', 'medium', 'large', 'extra long'].indexOf(v.size) * 4,
      grams: (v) => (/trowel|secateurs/.test(v.type) ? 260 : 1500),
    }),
    family({
      category: 'Hoses & irrigation',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Garden hose': 1,
          'Garden hose set': 1.35,
          'Hose reel': 2.4,
          'Soaker hose': 0.8,
          'Drinking-water hose': 1.6,
        },
        sizeIn: ['1/2', '5/8', '3/4', '1'],
        lengthM: [10, 15, 20, 25, 30, 50],
        grade: { '3-ply': 0.8, '5-ply': 1.1, '7-ply': 1.4 },
      },
      where: (v) =>
        (v.sizeIn !== '1' || v.type === 'Garden hose') &&
        (v.type !== 'Hose reel' || v.lengthM >= 15),
      name: (v) => `${v.type} ${v.sizeIn} in, ${v.lengthM} m, ${v.grade}`,
      description: (v) =>
        `${v.type}, ${v.grade}, ${v.sizeIn} in bore and ${v.lengthM} m long, free of kinks and twists.`,
      uses: ['Bears sun and 20 bar.', 'Fits all common couplings.'],
      euros: (v) =>
        4 + v.lengthM * 1.05 * ({ '1/2': 1, '5/8': 1.25, '3/4': 1.5, '1': 2.2 } as const)[v.sizeIn],
      grams: (v) => 300 + v.lengthM * 190,
    }),
    family({
      category: 'Pots & planters',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Plant pot': 1,
          'Planter box': 1.5,
          'Window box': 1.1,
          'Hanging basket': 0.9,
          'Square planter': 1.4,
        },
        sizeCm: [14, 18, 22, 26, 30, 35, 40, 50, 60, 80, 100],
        material: { plastic: 0.6, ceramic: 1.5, 'fibre cement': 1.7, 'powder-coated steel': 2 },
        colour: POT_COLOURS,
      },
      where: (v) =>
        (v.type !== 'Hanging basket' || (v.sizeCm <= 40 && v.material === 'plastic')) &&
        (!/box/.test(v.type) || v.sizeCm >= 40) &&
        (v.material !== 'ceramic' || v.sizeCm <= 50) &&
        (v.type !== 'Plant pot' || v.sizeCm <= 60) &&
        (v.colour !== 'terracotta' || v.material === 'plastic' || v.material === 'ceramic'),
      name: (v) => `${v.type} ${v.sizeCm} cm, ${v.material}, ${v.colour}`,
      description: (v) => `${v.type} of ${v.material}, ${v.sizeCm} cm, in ${v.colour}.`,
      uses: ['With drainage hole and plug.', 'Frost-proof and UV-stable.'],
      euros: (v) => 2 + v.sizeCm ** 1.3 * 0.22,
      grams: (v) => v.sizeCm ** 2 * (v.material === 'plastic' ? 0.7 : 3.5),
    }),
    family({
      category: 'Soil, seed & fertiliser',
      unit: 'bag',
      brands: BRANDS,
      axes: {
        type: {
          'Potting soil': 0.5,
          'Peat-free potting soil': 0.6,
          'Lawn soil': 0.5,
          'Bark mulch': 0.45,
          'Lawn fertiliser': 1.6,
          'Tomato fertiliser': 1.8,
          'Rose fertiliser': 1.8,
          'Lawn seed, play and sport': 2.6,
          'Lawn seed, shade': 2.9,
          'Lawn seed, repair': 3,
          'Garden lime': 0.6,
        },
        sizeKg: [1, 2, 2.5, 5, 7.5, 10, 15, 20, 25],
        grade: { standard: 1, organic: 1.3 },
      },
      where: (v) => (/soil|mulch|lime/.test(v.type) ? v.sizeKg >= 5 : v.sizeKg <= 15),
      name: (v) => `${v.type}, ${v.grade}, ${v.sizeKg} kg`,
      description: (v) => `${v.type}, ${v.grade}, in a ${v.sizeKg} kg bag.`,
      uses: ['For a dense, green garden.', 'Spread in spring or autumn.'],
      euros: (v) => 1.8 + v.sizeKg ** 0.72 * 2.9,
      grams: (v) => v.sizeKg * 1000,
    }),
  ],
};
