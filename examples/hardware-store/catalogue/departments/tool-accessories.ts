import { type Department, family } from '../family.ts';
import { packEuros } from '../price.ts';

const BRANDS = ['Kraftwald', 'Knipfel', 'Draymoor', 'Ironbough', 'Brackwell'] as const;

export const TOOL_ACCESSORIES: Department = {
  name: 'Tool accessories',
  prefix: 'TA',
  families: [
    family({
      category: 'Drill bits for metal',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        diameterMm: [
          1, 1.5, 2, 2.5, 3, 3.3, 3.5, 4, 4.2, 4.5, 5, 5.5, 6, 6.5, 6.8, 7, 8, 8.5, 9, 10, 10.2, 11,
          12, 13,
        ],
        material: { 'HSS-R': 0.7, 'HSS-G': 1, 'HSS-Co 5 %': 1.9, 'HSS-G TiN': 1.5 },
        pack: [1, 2, 5, 10],
      },
      where: (v) => (v.diameterMm <= 3 ? v.pack >= 2 : v.diameterMm * v.pack <= 50),
      name: (v) =>
        `Metal drill bit ${v.diameterMm} mm, ${v.material}, ${v.pack === 1 ? 'single' : `pack of ${v.pack}`}`,
      description: (v) =>
        `Twist drill bit of ${v.material}, ${v.diameterMm} mm, with split point, DIN 338.`,
      uses: [
        'For steel, cast iron and non-ferrous metal.',
        'Starts without slipping on smooth sheet.',
      ],
      euros: (v) => packEuros(0.5 + v.diameterMm ** 1.7 * 0.055, v.pack),
      grams: (v) => v.diameterMm ** 2 * v.pack * 0.6,
    }),
    family({
      category: 'Drill bits for masonry',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        diameterMm: [4, 5, 5.5, 6, 6.5, 7, 8, 10, 12, 14, 16, 18, 20, 22, 25],
        lengthMm: [85, 110, 160, 210, 260, 310, 400, 450, 600, 1000],
        shank: { 'round shank': 0.7, 'SDS-plus': 1, 'SDS-plus, four-edged': 1.5, 'SDS-max': 2.4 },
      },
      where: (v) => {
        if (v.shank === 'round shank') return v.lengthMm <= 210 && v.diameterMm <= 14;
        if (v.shank === 'SDS-max') return v.diameterMm >= 12 && v.lengthMm >= 310;
        return v.lengthMm >= 110 && v.lengthMm <= v.diameterMm * 45;
      },
      name: (v) => `Masonry drill bit ${v.diameterMm} × ${v.lengthMm} mm, ${v.shank}`,
      description: (v) =>
        `Carbide-tipped masonry drill bit, ${v.diameterMm} mm, ${v.lengthMm} mm long, ${v.shank}.`,
      uses: ['For concrete, brick and natural stone.', 'The wide flute clears dust fast.'],
      euros: (v) => 1.6 + v.diameterMm * v.lengthMm * 0.0028,
      grams: (v) => v.diameterMm ** 2 * v.lengthMm * 0.004,
    }),
    family({
      category: 'Drill bits for wood',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Brad-point drill bit': 1,
          'Flat drill bit': 0.8,
          'Auger bit': 2.1,
          'Forstner bit': 1.9,
        },
        diameterMm: [3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 25, 28, 30, 32, 35, 40],
        lengthMm: [75, 100, 150, 200, 250, 320, 460],
      },
      where: (v) => {
        if (v.type === 'Auger bit') return v.diameterMm >= 6 && v.lengthMm >= 200;
        if (v.type === 'Forstner bit') return v.diameterMm >= 10 && v.lengthMm <= 100;
        return v.lengthMm >= v.diameterMm * 4 && v.lengthMm <= v.diameterMm * 25;
      },
      name: (v) => `${v.type} ${v.diameterMm} × ${v.lengthMm} mm`,
      description: (v) => `${v.type} for wood, ${v.diameterMm} mm, ${v.lengthMm} mm long.`,
      uses: [
        'For clean holes in softwood, hardwood and board.',
        'The tip centres without wandering.',
      ],
      euros: (v) => 1.5 + v.diameterMm * 0.16 + v.lengthMm * 0.012,
      grams: (v) => v.diameterMm * v.lengthMm * 0.05,
    }),
    family({
      category: 'Screwdriver bits',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        tip: [
          'PH1',
          'PH2',
          'PH3',
          'PZ1',
          'PZ2',
          'PZ3',
          'T10',
          'T15',
          'T20',
          'T25',
          'T27',
          'T30',
          'T40',
          'Hex 3',
          'Hex 4',
          'Hex 5',
          'Hex 6',
        ],
        lengthMm: [25, 50, 89, 150],
        grade: { standard: 0.7, impact: 1.4, diamond: 1.9 },
        pack: [1, 3, 5, 10, 25],
      },
      where: (v) => v.lengthMm * v.pack <= 650,
      name: (v) =>
        `Screwdriver bit ${v.tip} × ${v.lengthMm} mm, ${v.grade}, ${v.pack === 1 ? 'single' : `pack of ${v.pack}`}`,
      description: (v) =>
        `${v.tip} bit with 1/4 in hexagon shank, ${v.lengthMm} mm, ${v.grade} grade.`,
      uses: ['Fits cordless drivers and bit holders.', 'The torsion zone takes up the peaks.'],
      euros: (v) => packEuros(0.7 + v.lengthMm * 0.018, v.pack),
      grams: (v) => v.lengthMm * v.pack * 0.24,
    }),
    family({
      category: 'Saw blades',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        diameterMm: [150, 160, 165, 184, 190, 210, 216, 230, 250, 254, 300, 305, 315],
        boreMm: [16, 20, 25.4, 30],
        teeth: [18, 24, 36, 40, 48, 60, 72, 80, 96],
        target: ['wood', 'laminate', 'aluminium'],
      },
      where: (v) =>
        v.diameterMm > 200 === v.boreMm >= 25 &&
        v.teeth <= v.diameterMm / 3 &&
        v.teeth >= v.diameterMm / 13 &&
        (v.target === 'wood' || v.teeth >= 40),
      name: (v) =>
        `Circular saw blade ${v.diameterMm} × ${v.boreMm} mm, ${v.teeth} teeth, for ${v.target}`,
      description: (v) =>
        `Carbide-tipped circular saw blade for ${v.target}, ${v.diameterMm} mm with ${v.boreMm} mm bore and ${v.teeth} teeth.`,
      uses: ['Expansion slots keep it quiet.', 'For hand-held, mitre and table saws.'],
      euros: (v) => 4 + v.diameterMm * 0.07 + v.teeth * 0.28,
      grams: (v) => v.diameterMm ** 2 * 0.013,
    }),
    family({
      category: 'Jigsaw & reciprocating blades',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        type: { 'Jigsaw blade': 1, 'Reciprocating saw blade': 1.7 },
        target: [
          'softwood',
          'hardwood',
          'laminate',
          'steel sheet',
          'stainless steel',
          'pallets and nails',
          'plastic pipe',
        ],
        lengthMm: [75, 100, 130, 150, 200, 230, 300],
        pack: [2, 3, 5, 10, 25],
      },
      where: (v) => (v.type === 'Jigsaw blade') === v.lengthMm <= 130,
      name: (v) => `${v.type} ${v.lengthMm} mm, for ${v.target}, pack of ${v.pack}`,
      description: (v) => `${v.type} for ${v.target}, ${v.lengthMm} mm long.`,
      uses: ['Bi-metal body that bends and does not break.', 'Milled teeth for fast cuts.'],
      euros: (v) => packEuros(0.8 + v.lengthMm * 0.011, v.pack),
      grams: (v) => v.lengthMm * v.pack * 0.12,
    }),
    family({
      category: 'Cutting & grinding discs',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        type: { 'Cutting disc': 1, 'Grinding disc': 1.3, 'Flap disc': 2.3, 'Diamond disc': 7 },
        target: ['steel', 'stainless steel', 'stone', 'concrete', 'tiles'],
        diameterMm: [76, 115, 125, 150, 180, 230],
        thicknessMm: [1, 1.2, 1.6, 2, 2.5, 3, 6],
        pack: [1, 5, 10, 25],
      },
      where: (v) => {
        if (v.type === 'Diamond disc')
          return (
            v.pack === 1 &&
            !v.target.includes('steel') &&
            v.thicknessMm >= 1.2 &&
            v.thicknessMm <= 3
          );
        if (v.type === 'Cutting disc')
          return (
            v.target !== 'tiles' &&
            v.target !== 'concrete' &&
            v.thicknessMm <= 3 &&
            (v.diameterMm < 180 || v.thicknessMm >= 1.6)
          );
        return v.thicknessMm === 6 && v.target.includes('steel') && v.pack <= 10;
      },
      name: (v) =>
        `${v.type} ${v.diameterMm} × ${v.thicknessMm} mm, for ${v.target}, ${v.pack === 1 ? 'single' : `pack of ${v.pack}`}`,
      description: (v) =>
        `${v.type} for ${v.target}, ${v.diameterMm} mm, ${v.thicknessMm} mm thick, ${v.diameterMm === 76 ? 10 : 22.23} mm bore.`,
      uses: ['For angle grinders.', 'Cuts cool and leaves little burr.'],
      euros: (v) => packEuros(0.4 + v.diameterMm ** 1.5 * 0.001, v.pack),
      grams: (v) => v.diameterMm ** 2 * v.thicknessMm * 0.002 * v.pack,
    }),
    family({
      category: 'Abrasives',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        type: {
          'Sanding disc 125 mm': 1,
          'Sanding disc 150 mm': 1.25,
          'Sanding disc 225 mm': 2.4,
          'Sanding belt 75 × 533 mm': 3.2,
          'Sanding belt 100 × 610 mm': 4,
          'Delta sanding sheet 93 mm': 0.8,
          'Sanding sheet 230 × 280 mm': 0.9,
          'Sanding sponge': 2,
        },
        grit: [40, 60, 80, 100, 120, 150, 180, 240, 320, 400],
        grain: { 'aluminium oxide': 1, ceramic: 1.7 },
        pack: [5, 10, 25, 50],
      },
      name: (v) => `${v.type}, grit ${v.grit}, ${v.grain}, pack of ${v.pack}`,
      description: (v) => `${v.type}: sandpaper with ${v.grain} grain, grit ${v.grit}.`,
      uses: ['For wood, filler and old paint.', 'Resists clogging.'],
      euros: (v) => packEuros(0.42, v.pack),
      grams: (v) => v.pack * 12,
    }),
  ],
};
