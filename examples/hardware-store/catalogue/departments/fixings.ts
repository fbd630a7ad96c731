import { type Department, family } from '../family.ts';
import { packEuros } from '../price.ts';

export const FIXINGS: Department = {
  name: 'Fixings & anchors',
  prefix: 'AN',
  families: [
    family({
      category: 'Wall plugs',
      unit: 'pack',
      brands: ['Grimsel', 'Torvik', 'Brackwell', 'Pinmoor'],
      axes: {
        diameterMm: [5, 6, 8, 10, 12, 14],
        type: {
          'Universal plug': 1.1,
          'Expansion plug': 0.9,
          'Aerated concrete plug': 1.5,
          'Long-shaft plug': 1.35,
        },
        kit: { 'without screws': 1, 'with screws': 1.8, 'with hooks': 2.1 },
        pack: [10, 25, 50, 100],
      },
      where: (v) => v.diameterMm * v.pack <= 1000,
      attributes: (v) => ({ material: 'nylon', lengthMm: v.diameterMm * 5 + 5 }),
      name: (v) =>
        `${v.type} ${v.diameterMm} × ${v.diameterMm * 5 + 5} mm, nylon, ${v.kit}, pack of ${v.pack}`,
      description: (v) => `Nylon wall plug for ${v.diameterMm} mm holes, supplied ${v.kit}.`,
      uses: [
        'Holds in concrete, solid brick and aerated block.',
        'Collar and fins stop it from turning in the hole.',
      ],
      euros: (v) => packEuros(0.03 + v.diameterMm ** 2 * 0.001_3, v.pack),
      grams: (v) => v.diameterMm ** 3 * 0.005 * v.pack,
    }),
    family({
      category: 'Frame fixings',
      unit: 'pack',
      brands: ['Grimsel', 'Torvik', 'Pinmoor', 'Brackwell'],
      axes: {
        diameterMm: [6, 8, 10],
        lengthMm: [60, 80, 100, 120, 140, 160, 200, 230],
        head: { countersunk: 1, hexagon: 1.1 },
        finish: { 'zinc-plated': 1, 'A2 stainless steel': 2.2 },
        pack: [10, 25, 50],
      },
      where: (v) => v.lengthMm <= v.diameterMm * 23,
      name: (v) =>
        `Frame fixing ${v.diameterMm} × ${v.lengthMm} mm, ${v.head}, ${v.finish}, pack of ${v.pack}`,
      description: (v) =>
        `Nylon sleeve with ${v.head} screw, ${v.finish}, set through the part in one step.`,
      uses: [
        'For window frames, battens and façade brackets in masonry.',
        'For door linings and kitchen wall units.',
      ],
      euros: (v) => packEuros(0.08 + v.diameterMm * v.lengthMm * 0.000_45, v.pack),
      grams: (v) => v.diameterMm ** 2 * v.lengthMm * 0.0035 * v.pack,
    }),
    family({
      category: 'Bolt anchors',
      unit: 'pack',
      brands: ['Grimsel', 'Stahlmeer', 'Calderforge', 'Torvik'],
      axes: {
        threadMm: [6, 8, 10, 12, 16, 20],
        lengthMm: [60, 75, 95, 115, 135, 160, 180, 220],
        material: {
          'zinc-plated steel': 1,
          'hot-dip galvanised steel': 1.3,
          'A4 stainless steel': 2.6,
        },
        pack: [4, 10, 25, 50],
      },
      where: (v) =>
        v.lengthMm >= v.threadMm * 7 && v.lengthMm <= v.threadMm * 16 && v.threadMm * v.pack <= 600,
      name: (v) =>
        `Bolt anchor M${v.threadMm} × ${v.lengthMm} mm, ${v.material}, pack of ${v.pack}`,
      description: (v) =>
        `Through-bolt anchor of ${v.material} with M${v.threadMm} thread, nut and washer.`,
      uses: [
        'For heavy loads in cracked and uncracked concrete.',
        'For railings, posts and steel brackets.',
      ],
      euros: (v) => packEuros(0.2 + v.threadMm ** 2 * v.lengthMm * 0.000_08, v.pack),
      grams: (v) => v.threadMm ** 2 * v.lengthMm * 0.0064 * v.pack,
    }),
    family({
      category: 'Concrete screws',
      unit: 'pack',
      brands: ['Grimsel', 'Stahlmeer', 'Torvik'],
      axes: {
        diameterMm: [6, 7.5, 8, 10, 12],
        lengthMm: [40, 52, 62, 72, 92, 112, 132, 152],
        head: { 'hexagon head': 1, 'countersunk head': 1.05, 'pan head': 1.03 },
        pack: [10, 25, 50, 100],
      },
      where: (v) => v.lengthMm >= v.diameterMm * 5 && v.diameterMm * v.pack <= 800,
      attributes: () => ({ finish: 'zinc flake' }),
      name: (v) =>
        `Concrete screw ${v.diameterMm} × ${v.lengthMm} mm, ${v.head}, zinc flake, pack of ${v.pack}`,
      description: (v) =>
        `Screw anchor with ${v.head} that cuts its own thread into concrete and needs no plug.`,
      uses: ['Can be taken out again without trace of expansion.', 'Sets close to edges.'],
      euros: (v) => packEuros(0.15 + v.diameterMm ** 2 * v.lengthMm * 0.000_14, v.pack),
      grams: (v) => v.diameterMm ** 2 * v.lengthMm * 0.0052 * v.pack,
    }),
    family({
      category: 'Nails & staples',
      unit: 'pack',
      brands: ['Brackwell', 'Oxhide', 'Pinmoor'],
      axes: {
        type: {
          'Round wire nail': 1,
          'Ring shank nail': 1.3,
          'Panel pin': 1.2,
          'Clout nail': 1.1,
          'Masonry nail': 2,
        },
        lengthMm: [20, 25, 30, 40, 50, 65, 80, 100, 130],
        finish: { bright: 1, galvanised: 1.2, 'A2 stainless steel': 2.6 },
        packG: [250, 500, 1000, 2500],
      },
      where: (v) =>
        (v.type !== 'Panel pin' || v.lengthMm <= 50) &&
        (v.type !== 'Clout nail' || v.lengthMm <= 65),
      name: (v) => `${v.type} ${v.lengthMm} mm, ${v.finish}, ${v.packG} g`,
      description: (v) => `${v.type}, ${v.finish}, ${v.lengthMm} mm long, sold by weight.`,
      uses: ['For carpentry, fences and crates.', 'For battens, roofing felt and general repairs.'],
      euros: (v) => 1.2 + (v.packG / 1000) ** 0.85 * 5.6,
      grams: (v) => v.packG,
    }),
    family({
      category: 'Threaded rods',
      unit: 'piece',
      brands: ['Torvik', 'Brackwell', 'Stahlmeer', 'Pinmoor'],
      axes: {
        threadMm: [4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24],
        lengthMm: [250, 500, 1000, 2000, 3000],
        material: {
          'zinc-plated steel 4.8': 1,
          'zinc-plated steel 8.8': 1.3,
          'A2 stainless steel': 2.4,
          'A4 stainless steel': 3.2,
          brass: 4.5,
        },
      },
      where: (v) =>
        (v.threadMm >= 8 || v.lengthMm <= 1000) && (v.material !== 'brass' || v.threadMm <= 12),
      name: (v) => `Threaded rod M${v.threadMm} × ${v.lengthMm} mm, ${v.material}`,
      description: (v) =>
        `Threaded rod of ${v.material} with continuous M${v.threadMm} thread, DIN 976.`,
      uses: [
        'For suspended ceilings, pipe hangers and formwork.',
        'Cut to length with a hacksaw or grinder.',
      ],
      euros: (v) => 0.5 + v.threadMm ** 1.8 * v.lengthMm * 0.000_045,
      grams: (v) => v.threadMm ** 2 * v.lengthMm * 0.005,
    }),
    family({
      category: 'Brackets & joist hangers',
      unit: 'piece',
      brands: ['Torvik', 'Stahlmeer', 'Grimsel', 'Brackwell'],
      axes: {
        type: {
          'Angle bracket': 1,
          'Reinforced angle bracket': 1.4,
          'Nail plate': 0.6,
          'Joist hanger': 1.8,
          'Post base': 4.2,
        },
        widthMm: [40, 60, 80, 100, 120, 140],
        heightMm: [60, 80, 100, 120, 160, 200],
        finish: { galvanised: 1, 'black powder-coated': 1.35, 'A2 stainless steel': 2.8 },
      },
      name: (v) => `${v.type} ${v.widthMm} × ${v.heightMm} mm, ${v.finish}`,
      description: (v) =>
        `${v.type} of sheet steel, ${v.finish}, ${v.widthMm} mm wide and ${v.heightMm} mm high, with holes for nails and screws.`,
      uses: ['Joins beams, joists and posts.', 'For timber frames, carports and sheds.'],
      euros: (v) => 0.5 + v.widthMm * v.heightMm * 0.000_22,
      grams: (v) => v.widthMm * v.heightMm * 0.028,
    }),
  ],
};
