import { type Department, family } from '../family.ts';
import { packEuros } from '../price.ts';

const BRANDS = ['Grimsel', 'Torvik', 'Brackwell', 'Stahlmeer'] as const;
const LENGTHS_MM = [
  16, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 100, 120, 140, 160, 180, 200,
] as const;
const METRIC_MM = [3, 4, 5, 6, 8, 10, 12, 16, 20] as const;
const GRADES = {
  'zinc-plated steel 8.8': 1,
  'black steel 10.9': 1.25,
  'A2 stainless steel': 2.1,
  'A4 stainless steel': 2.9,
} as const;

function torx(diameterMm: number): string {
  if (diameterMm <= 3) return 'Torx T10';
  if (diameterMm <= 3.5) return 'Torx T15';
  if (diameterMm <= 4.5) return 'Torx T20';
  if (diameterMm <= 5.5) return 'Torx T25';
  return diameterMm <= 6 ? 'Torx T30' : 'Torx T40';
}

function pozidriv(diameterMm: number): string {
  if (diameterMm <= 3) return 'Pozidriv PZ1';
  return diameterMm <= 5 ? 'Pozidriv PZ2' : 'Pozidriv PZ3';
}

/** The largest packs are of the smallest screws. */
function fitsPack(diameterMm: number, lengthMm: number, pack: number): boolean {
  const volume = diameterMm * diameterMm * lengthMm * pack;
  return volume >= 15_000 && volume <= 800_000;
}

function isScrewLength(diameterMm: number, lengthMm: number): boolean {
  return lengthMm >= diameterMm * 4.5 && lengthMm <= diameterMm * 22;
}

const screwEuros = (diameterMm: number, lengthMm: number, pack: number) =>
  packEuros(0.012 + diameterMm * diameterMm * lengthMm * 0.000_055, pack);
const steelGrams = (diameterMm: number, lengthMm: number, pack: number) =>
  diameterMm * diameterMm * lengthMm * pack * 0.0042;

export const FASTENERS: Department = {
  name: 'Fasteners',
  prefix: 'FX',
  families: [
    family({
      category: 'Wood screws',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        diameterMm: [3, 3.5, 4, 4.5, 5, 6],
        lengthMm: LENGTHS_MM,
        drive: ['Torx', 'Pozidriv'],
        finish: { 'zinc-plated': 1, 'yellow zinc': 1.04, 'A2 stainless steel': 2.3 },
        pack: [50, 100, 200, 500],
      },
      where: (v) =>
        isScrewLength(v.diameterMm, v.lengthMm) && fitsPack(v.diameterMm, v.lengthMm, v.pack),
      attributes: (v) => ({
        drive: v.drive === 'Torx' ? torx(v.diameterMm) : pozidriv(v.diameterMm),
        head: 'countersunk',
      }),
      name: (v) =>
        `Chipboard screw ${v.diameterMm} × ${v.lengthMm} mm, ${v.drive === 'Torx' ? torx(v.diameterMm) : pozidriv(v.diameterMm)}, ${v.finish}, pack of ${v.pack}`,
      description: (v) =>
        `Countersunk chipboard screw, ${v.finish}, with ${v.lengthMm > 60 ? 'partial' : 'full'} thread and ${v.drive} drive.`,
      uses: [
        'For chipboard, softwood and hardwood indoors.',
        'The cutting point bites at once and seldom needs a pilot hole.',
        'Milling ribs under the head sink it flush in wood and board.',
      ],
      euros: (v) => screwEuros(v.diameterMm, v.lengthMm, v.pack),
      grams: (v) => steelGrams(v.diameterMm, v.lengthMm, v.pack),
    }),
    family({
      category: 'Decking screws',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        diameterMm: [4.5, 5, 5.5],
        lengthMm: [40, 45, 50, 60, 70, 80],
        material: {
          'A2 stainless steel': 1,
          'A4 stainless steel': 1.35,
          'hardened C1 stainless steel': 0.9,
        },
        colour: ['plain', 'brown head', 'anthracite head'],
        pack: [100, 200, 500],
      },
      attributes: (v) => ({ drive: torx(v.diameterMm), head: 'small countersunk' }),
      name: (v) =>
        `Decking screw ${v.diameterMm} × ${v.lengthMm} mm, ${torx(v.diameterMm)}, ${v.material}, ${v.colour}, pack of ${v.pack}`,
      description: (v) =>
        `Terrace screw of ${v.material} with a small countersunk head, fixing thread and ${torx(v.diameterMm)} drive.`,
      uses: [
        'Holds larch, Douglas fir and tropical hardwood boards outdoors.',
        'The double thread keeps the board tight on the joist.',
        'Pre-drill in hardwood.',
      ],
      euros: (v) => packEuros(0.05 + v.diameterMm * v.diameterMm * v.lengthMm * 0.000_11, v.pack),
      grams: (v) => steelGrams(v.diameterMm, v.lengthMm, v.pack),
    }),
    family({
      category: 'Drywall screws',
      unit: 'box',
      brands: ['Torvik', 'Brackwell', 'Pinmoor'],
      axes: {
        lengthMm: [25, 35, 45, 55, 70, 90],
        thread: ['coarse', 'fine', 'drill point'],
        style: { loose: 1, collated: 1.35 },
        pack: [200, 500, 1000],
      },
      attributes: () => ({ diameterMm: 3.9, finish: 'black phosphated', drive: 'Phillips PH2' }),
      name: (v) =>
        `Drywall screw 3.9 × ${v.lengthMm} mm, ${v.thread}${v.thread === 'drill point' ? '' : ' thread'}, ${v.style}, phosphated, box of ${v.pack}`,
      description: (v) =>
        `Black phosphated drywall screw with bugle head and Phillips PH2 drive, ${v.style}.`,
      uses: [
        'Fixes plasterboard to studs without tearing the paper.',
        'For plasterboard and gypsum fibreboard.',
      ],
      euros: (v) => packEuros(0.008 + v.lengthMm * 0.000_4, v.pack),
      grams: (v) => steelGrams(3.9, v.lengthMm, v.pack) * 0.75,
    }),
    family({
      category: 'Self-drilling screws',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        diameterMm: [3.5, 3.9, 4.2, 4.8, 5.5, 6.3],
        lengthMm: [13, 16, 19, 22, 25, 32, 38, 50, 60],
        head: { pan: 1, countersunk: 1, 'hexagon flange': 1.12 },
        finish: { 'zinc-plated': 1, 'A2 stainless steel': 2.2 },
        pack: [100, 250, 500],
      },
      where: (v) => v.lengthMm >= v.diameterMm * 3 && v.lengthMm <= v.diameterMm * 11,
      name: (v) =>
        `Self-drilling screw ${v.diameterMm} × ${v.lengthMm} mm, ${v.head} head, ${v.finish}, pack of ${v.pack}`,
      description: (v) =>
        `Self-drilling sheet metal screw, ${v.finish}, with ${v.head} head and drill point.`,
      uses: [
        'Drills, taps and fastens sheet steel and aluminium in one go.',
        'For profiles, gutters, ducts and cladding.',
      ],
      euros: (v) => packEuros(0.018 + v.diameterMm * v.diameterMm * v.lengthMm * 0.000_07, v.pack),
      grams: (v) => steelGrams(v.diameterMm, v.lengthMm, v.pack),
    }),
    family({
      category: 'Timber construction screws',
      unit: 'pack',
      brands: ['Grimsel', 'Torvik', 'Stahlmeer'],
      axes: {
        diameterMm: [6, 8, 10],
        lengthMm: [80, 100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300, 350, 400],
        head: { 'flange head': 1.05, 'countersunk head': 1, 'cylinder head': 1.1 },
        thread: ['partial thread', 'full thread'],
        pack: [10, 25, 50, 100],
      },
      where: (v) =>
        v.lengthMm <= v.diameterMm * 40 &&
        v.pack * v.lengthMm <= 12_000 &&
        v.pack * v.lengthMm >= 1_800,
      attributes: (v) => ({ drive: torx(v.diameterMm), finish: 'blue zinc' }),
      name: (v) =>
        `Timber screw ${v.diameterMm} × ${v.lengthMm} mm, ${v.head}, ${v.thread}, ${torx(v.diameterMm)}, pack of ${v.pack}`,
      description: (v) =>
        `Structural timber screw with ${v.head} and ${v.thread}, blue zinc with a wax coating.`,
      uses: [
        'Joins rafters, purlins and beams without pre-drilling.',
        'For load-bearing timber joints in carports, pergolas and roofs.',
      ],
      euros: (v) => packEuros(0.1 + v.diameterMm * v.diameterMm * v.lengthMm * 0.000_06, v.pack),
      grams: (v) => steelGrams(v.diameterMm, v.lengthMm, v.pack),
    }),
    family({
      category: 'Hex bolts',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        threadMm: [5, 6, 8, 10, 12, 16, 20],
        lengthMm: LENGTHS_MM,
        material: GRADES,
        pack: [5, 10, 25, 50, 100],
      },
      where: (v) =>
        v.lengthMm >= v.threadMm * 1.9 &&
        v.lengthMm <= v.threadMm * 15 &&
        fitsPack(v.threadMm, v.lengthMm, v.pack),
      name: (v) => `Hex bolt M${v.threadMm} × ${v.lengthMm} mm, ${v.material}, pack of ${v.pack}`,
      description: (v) =>
        `Hexagon head bolt of ${v.material} with metric M${v.threadMm} thread, ${v.lengthMm > 60 ? 'part threaded to DIN 931' : 'fully threaded to DIN 933'}.`,
      uses: [
        'For steelwork, machines and timber frames.',
        'Pair with a nut and washers of the same material.',
      ],
      euros: (v) => packEuros(0.04 + v.threadMm * v.threadMm * v.lengthMm * 0.000_045, v.pack),
      grams: (v) => v.threadMm * v.threadMm * (v.lengthMm + v.threadMm * 2) * v.pack * 0.0058,
    }),
    family({
      category: 'Machine screws',
      unit: 'pack',
      brands: ['Torvik', 'Pinmoor', 'Stahlmeer'],
      axes: {
        threadMm: [3, 4, 5, 6, 8],
        lengthMm: [6, 8, 10, 12, 16, 20, 25, 30, 40, 50, 60],
        head: ['pan head', 'countersunk', 'socket cap'],
        material: { 'zinc-plated steel': 1, 'A2 stainless steel': 1.8, brass: 2.4 },
        pack: [20, 50, 100],
      },
      where: (v) => v.lengthMm >= v.threadMm * 1.9 && v.lengthMm <= v.threadMm * 10,
      name: (v) =>
        `Machine screw M${v.threadMm} × ${v.lengthMm} mm, ${v.head}, ${v.material}, pack of ${v.pack}`,
      description: (v) => `Metric machine screw, ${v.head}, fully threaded, of ${v.material}.`,
      uses: ['For appliances, fittings and model making.', 'Fits tapped holes and hex nuts.'],
      euros: (v) => packEuros(0.025 + v.threadMm * v.threadMm * v.lengthMm * 0.000_08, v.pack),
      grams: (v) => steelGrams(v.threadMm, v.lengthMm, v.pack) * 1.3,
    }),
    family({
      category: 'Nuts',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        threadMm: METRIC_MM,
        type: { 'Hex nut': 1, 'Lock nut': 1.5, 'Wing nut': 2.1, 'Cap nut': 2, 'Flange nut': 1.3 },
        material: { 'zinc-plated steel': 1, 'A2 stainless steel': 2, 'A4 stainless steel': 2.8 },
        pack: [10, 25, 50, 100],
      },
      where: (v) =>
        v.threadMm * v.pack <= 1000 &&
        v.threadMm * v.pack >= 75 &&
        (v.type !== 'Wing nut' || v.threadMm <= 12),
      name: (v) => `${v.type} M${v.threadMm}, ${v.material}, pack of ${v.pack}`,
      description: (v) => `${v.type} with metric M${v.threadMm} thread, made of ${v.material}.`,
      uses: ['Fits bolts and threaded rod of the same size.', 'For metalwork and repairs.'],
      euros: (v) => packEuros(0.02 + v.threadMm ** 2.4 * 0.000_5, v.pack),
      grams: (v) => v.threadMm ** 3 * 0.0115 * v.pack,
    }),
    family({
      category: 'Washers',
      unit: 'pack',
      brands: ['Torvik', 'Brackwell', 'Pinmoor', 'Stahlmeer'],
      axes: {
        threadMm: METRIC_MM,
        type: {
          'Flat washer': 1,
          'Spring washer': 1.1,
          'Penny washer': 1.9,
          'Serrated washer': 1.3,
        },
        material: { 'zinc-plated steel': 1, 'A2 stainless steel': 1.9 },
        pack: [20, 50, 100, 250],
      },
      where: (v) => v.threadMm * v.pack <= 2000,
      name: (v) => `${v.type} M${v.threadMm}, ${v.material}, pack of ${v.pack}`,
      description: (v) => `${v.type} for M${v.threadMm} bolts, made of ${v.material}.`,
      uses: ['Spreads the load under heads and nuts.', 'Keeps the surface free of marks.'],
      euros: (v) => packEuros(0.01 + v.threadMm ** 2.2 * 0.000_3, v.pack),
      grams: (v) => v.threadMm ** 2.6 * 0.006 * v.pack,
    }),
  ],
};
