import { type Department, family } from '../family.ts';

const BRANDS = ['Silberfichte', 'Nordkant', 'Timberlea'] as const;
/** A cubic metre of spruce, sawn. */
const EUROS_PER_M3 = 620;
const GRAMS_PER_MM3 = 0.000_48;
const SPECIES = { spruce: 1, pine: 1.05, larch: 1.7, 'Douglas fir': 1.5, oak: 4.2 } as const;

export const TIMBER: Department = {
  name: 'Timber & boards',
  prefix: 'TB',
  families: [
    family({
      category: 'Construction timber',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Structural timber KVH': 1.25,
          'Sawn timber': 0.8,
          'Glulam beam': 1.7,
          'Roof batten': 0.9,
        },
        thicknessMm: [30, 40, 60, 80, 100, 120],
        widthMm: [50, 60, 80, 100, 120, 140, 160, 200, 240],
        lengthM: [2, 2.5, 3, 4, 5, 6],
        wood: { spruce: 1, larch: 1.6, 'Douglas fir': 1.4 },
      },
      where: (v) =>
        v.widthMm >= v.thicknessMm &&
        (v.type === 'Roof batten' ? v.thicknessMm <= 40 && v.widthMm <= 60 : v.thicknessMm >= 40) &&
        (v.type !== 'Glulam beam' || v.thicknessMm >= 80),
      name: (v) => `${v.type}, ${v.wood}, ${v.thicknessMm} × ${v.widthMm} mm, ${v.lengthM} m`,
      description: (v) =>
        `${v.type} of ${v.wood}, ${v.thicknessMm} × ${v.widthMm} mm, ${v.lengthM} m long, kiln-dried.`,
      uses: [
        'For roofs, walls and carports.',
        'Strength-graded C24.',
        'From sustainably managed forests.',
      ],
      euros: (v) => 0.8 + (v.thicknessMm * v.widthMm * v.lengthM * EUROS_PER_M3) / 1e6,
      grams: (v) => v.thicknessMm * v.widthMm * v.lengthM * 1000 * GRAMS_PER_MM3,
    }),
    family({
      category: 'Planed timber & mouldings',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Planed batten': 1,
          'Smooth-edge board': 1.1,
          'Quarter round': 1.2,
          'Square moulding': 1,
          'Glazing bead': 1.3,
        },
        wood: { spruce: 1, pine: 1.1, beech: 1.9, oak: 3 },
        sizeMm: [
          '10 × 10',
          '14 × 14',
          '20 × 20',
          '20 × 40',
          '24 × 44',
          '28 × 70',
          '18 × 95',
          '21 × 120',
          '28 × 145',
          '27 × 195',
        ],
        lengthM: [0.9, 1, 2, 2.4, 2.5, 3],
      },
      where: (v) => {
        const [thickness, width] = v.sizeMm.split(' × ').map(Number);
        if (thickness === undefined || width === undefined) return false;
        if (v.type === 'Quarter round' || v.type === 'Square moulding' || v.type === 'Glazing bead')
          return thickness === width;
        return v.type === 'Smooth-edge board' ? width >= 70 : width > thickness && width < 70;
      },
      name: (v) => `${v.type}, ${v.wood}, ${v.sizeMm} mm, ${v.lengthM} m`,
      description: (v) => `${v.type} of ${v.wood}, planed on all sides, ${v.sizeMm} mm.`,
      uses: ['For frames, trims and furniture.', 'Ready to paint, oil or stain.'],
      euros: (v) => 0.9 + Number(v.sizeMm.split(' × ')[1]) * 0.032 * v.lengthM,
      grams: (v) => Number(v.sizeMm.split(' × ')[1]) * 12 * v.lengthM,
    }),
    family({
      category: 'Decking & fencing',
      unit: 'piece',
      brands: [...BRANDS, 'Gartmoor'],
      axes: {
        type: { 'Decking board': 1, 'Fence board': 0.8, 'Fence post': 1.2, 'Cladding board': 0.95 },
        wood: { ...SPECIES, 'WPC anthracite': 2, 'WPC brown': 2, bangkirai: 2.8 },
        sizeMm: {
          '18 × 95': 0.7,
          '21 × 120': 0.85,
          '25 × 145': 1.1,
          '27 × 145': 1.2,
          '90 × 90': 2.3,
          '120 × 120': 3.9,
        },
        lengthM: [1.8, 2, 2.5, 3, 4, 5],
      },
      where: (v) =>
        (v.type === 'Fence post') === (v.sizeMm === '90 × 90' || v.sizeMm === '120 × 120') &&
        (v.type !== 'Fence post' || v.lengthM <= 3),
      name: (v) => `${v.type}, ${v.wood}, ${v.sizeMm} mm, ${v.lengthM} m`,
      description: (v) => `${v.type} of ${v.wood}, ${v.sizeMm} mm, ${v.lengthM} m long.`,
      uses: ['For terraces, fences and façades.', 'With hidden or visible fixings.'],
      euros: (v) => 1 + v.lengthM * 2.6,
      grams: (v) => v.lengthM * (v.type === 'Fence post' ? 4600 : 1700),
    }),
    family({
      category: 'Boards & sheets',
      unit: 'sheet',
      brands: [...BRANDS, 'Grundwerk'],
      axes: {
        type: {
          'OSB/3 board': 0.55,
          'Birch plywood': 2,
          'Poplar plywood': 1.2,
          'MDF board': 0.7,
          Chipboard: 0.45,
          'White melamine board': 0.75,
          'Laminated pine board': 1.2,
          'Laminated oak board': 3.4,
        },
        thicknessMm: [3, 6, 9, 12, 15, 18, 22, 25, 28],
        widthMm: [200, 300, 400, 600, 800, 1250],
        lengthMm: [800, 1200, 2000, 2500],
      },
      where: (v) =>
        v.lengthMm >= v.widthMm * 1.5 &&
        (v.thicknessMm >= 9 || !/OSB|Chipboard|Laminated|melamine/.test(v.type)) &&
        (!v.type.startsWith('Laminated') || v.thicknessMm >= 18),
      name: (v) => `${v.type} ${v.thicknessMm} mm, ${v.widthMm} × ${v.lengthMm} mm`,
      description: (v) => `${v.type}, ${v.thicknessMm} mm thick, ${v.widthMm} × ${v.lengthMm} mm.`,
      uses: [
        'For furniture, shelves and fitting out.',
        'We cut to size on request.',
        'Emission class E1.',
      ],
      euros: (v) => 1 + (v.widthMm * v.lengthMm * (v.thicknessMm + 4) * 1.15) / 1e6,
      grams: (v) => v.widthMm * v.lengthMm * v.thicknessMm * 0.000_65,
    }),
  ],
};
