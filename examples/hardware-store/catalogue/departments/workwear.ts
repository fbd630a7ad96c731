import { type Department, family } from '../family.ts';

const BRANDS = ['Wardwell', 'Guardmoor', 'Berghand'] as const;
const COLOURS = ['black', 'grey', 'navy', 'olive', 'hi-vis yellow', 'hi-vis orange'] as const;
const SIZES = ['S', 'M', 'L', 'XL', 'XXL', '3XL'] as const;

export const WORKWEAR: Department = {
  name: 'Workwear & safety',
  prefix: 'WS',
  families: [
    family({
      category: 'Work trousers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Work trousers': 1,
          'Stretch work trousers': 1.35,
          'Bib and brace': 1.2,
          'Work shorts': 0.75,
        },
        colour: COLOURS,
        size: [24, 25, 26, 27, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62],
        pockets: { 'with knee pad pockets': 1.1, 'with holster pockets': 1.2 },
      },
      where: (v) => v.type !== 'Work shorts' || v.pockets === 'with holster pockets',
      name: (v) => `${v.type}, ${v.colour}, ${v.pockets}, size ${v.size}`,
      description: (v) =>
        `${v.type} in ${v.colour}, ${v.pockets}, size ${v.size}, of cotton and polyester.`,
      uses: ['Triple seams and reinforced knees.', 'Washable at 60 °C.'],
      euros: () => 42,
      grams: () => 780,
    }),
    family({
      category: 'Jackets & tops',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Softshell jacket': 1.4,
          'Winter jacket': 2,
          'Rain jacket': 1.1,
          'Work jacket': 1.2,
          'T-shirt': 0.35,
          'Polo shirt': 0.5,
          Sweatshirt: 0.75,
          'Fleece jacket': 0.9,
          'Body warmer': 0.9,
        },
        colour: COLOURS,
        size: SIZES,
        cut: { 'regular fit': 1, 'slim fit': 1.05, 'women’s fit': 1.02 },
      },
      name: (v) => `${v.type}, ${v.colour}, ${v.cut}, size ${v.size}`,
      description: (v) => `${v.type} in ${v.colour}, ${v.cut}, size ${v.size}.`,
      uses: ['For site, workshop and garden.', 'Keeps its shape wash after wash.'],
      euros: () => 39,
      grams: () => 560,
    }),
    family({
      category: 'Safety footwear',
      unit: 'pair',
      brands: BRANDS,
      axes: {
        type: {
          'Safety shoe': 1,
          'Safety boot': 1.2,
          'Safety sandal': 0.9,
          'Rubber safety boot': 0.7,
          'Safety trainer': 1.15,
        },
        rating: { S1P: 0.9, S3: 1.1, S5: 1 },
        colour: ['black', 'brown', 'grey', 'blue'],
        size: [36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48],
      },
      where: (v) =>
        (v.type === 'Rubber safety boot') === (v.rating === 'S5') &&
        (v.type !== 'Safety sandal' || v.rating === 'S1P'),
      name: (v) => `${v.type} ${v.rating}, ${v.colour}, size ${v.size}`,
      description: (v) =>
        `${v.type} for work, to EN ISO 20345 ${v.rating} in ${v.colour}, size ${v.size}, with toe cap.`,
      uses: ['Slip-resistant sole.', 'Penetration-resistant and cushioned.'],
      euros: () => 58,
      grams: (v) => 700 + v.size * 12,
    }),
    family({
      category: 'Work gloves',
      unit: 'pack',
      brands: [...BRANDS, 'Everpost'],
      axes: {
        type: {
          'Assembly glove': 0.6,
          'Cut-resistant glove': 1.8,
          'Leather work glove': 1.5,
          'Winter glove': 1.4,
          'Nitrile-coated glove': 0.7,
          'Garden glove': 0.65,
          'Chemical-resistant glove': 1.3,
        },
        colour: ['black', 'grey', 'blue', 'yellow'],
        size: [6, 7, 8, 9, 10, 11, 12],
        pairs: [1, 3, 6, 12],
      },
      name: (v) =>
        `${v.type}, ${v.colour}, size ${v.size}, ${v.pairs === 1 ? '1 pair' : `${v.pairs} pairs`}`,
      description: (v) => `${v.type} to EN 388 in ${v.colour}, size ${v.size}.`,
      uses: ['Firm grip, wet or dry.', 'Breathable back of the hand.'],
      euros: (v) => 0.8 + 4.2 * v.pairs ** 0.9,
      grams: (v) => v.pairs * 70,
    }),
    family({
      category: 'Head, eye & ear protection',
      unit: 'piece',
      brands: [...BRANDS, 'Everpost'],
      axes: {
        type: {
          'Safety helmet': 1.2,
          'Climbing helmet': 3.2,
          'Bump cap': 1,
          'Ear defenders': 1.3,
          'Helmet ear defenders': 1.6,
          'Face shield': 1.2,
        },
        colour: ['white', 'yellow', 'orange', 'red', 'blue', 'green', 'black', 'grey'],
        fit: { 'standard fit': 1, 'adjustable fit': 1.2 },
        range: { Basic: 0.7, Comfort: 1, Expert: 1.5 },
      },
      name: (v) => `${v.type} ${v.range}, ${v.colour}, ${v.fit}`,
      description: (v) => `${v.type} of the ${v.range} range in ${v.colour}, ${v.fit}, CE-marked.`,
      uses: ['Light enough for the whole shift.', 'Spare parts are to be had.'],
      euros: () => 15,
      grams: () => 340,
    }),
  ],
};
