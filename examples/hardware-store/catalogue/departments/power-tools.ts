import { type Department, family } from '../family.ts';

const BRANDS = ['Kraftwald', 'Ohmstrom', 'Draymoor', 'Hartlund'] as const;
/** What comes in the box. */
const BATTERIES = {
  'body only': 1,
  '1 × 2 Ah': 1.4,
  '2 × 2 Ah': 1.65,
  '1 × 4 Ah': 1.6,
  '2 × 4 Ah': 2,
  '2 × 5 Ah': 2.25,
} as const;
const CASES = { 'in carton': 1, 'in case': 1.08 } as const;

export const POWER_TOOLS: Department = {
  name: 'Power tools',
  prefix: 'PT',
  families: [
    family({
      category: 'Cordless drills',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Cordless drill driver': 1,
          'Cordless hammer drill': 1.15,
          'Cordless impact driver': 1.05,
          'Cordless angle drill': 1.4,
          'Cordless impact wrench': 1.45,
        },
        voltageV: [12, 18, 36],
        batteries: BATTERIES,
        motor: { brushed: 0.8, brushless: 1.1 },
        packaging: CASES,
      },
      where: (v) => v.voltageV < 36 || v.motor === 'brushless',
      attributes: (v) => ({ torqueNm: v.voltageV * (v.motor === 'brushless' ? 4 : 3) }),
      name: (v) => `${v.type} ${v.voltageV} V, ${v.batteries}, ${v.motor}, ${v.packaging}`,
      description: (v) =>
        `${v.voltageV} V ${v.type.toLowerCase()} with ${v.motor} motor, ${v.batteries === 'body only' ? 'without battery and charger' : `with ${v.batteries} ${v.batteries.startsWith('1') ? 'battery' : 'batteries'} and charger`}.`,
      uses: [
        'Drills wood and metal and drives screws.',
        'Two gears and an LED light at the chuck.',
      ],
      euros: (v) => 30 + v.voltageV * 3,
      grams: (v) => 800 + v.voltageV * 40 + (v.batteries === 'body only' ? 0 : 700),
    }),
    family({
      category: 'Rotary hammers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        powerW: [620, 720, 800, 900, 1050, 1250, 1500],
        chuck: { 'SDS-plus': 1, 'SDS-max': 1.7 },
        impactJ: [2, 2.7, 3.2, 5, 8, 12],
        packaging: { 'in case': 1, 'with drill bit set': 1.12 },
      },
      where: (v) =>
        (v.chuck === 'SDS-max') === v.impactJ >= 5 && v.powerW >= 1050 === v.impactJ >= 5,
      name: (v) => `Rotary hammer ${v.powerW} W, ${v.chuck}, ${v.impactJ} J, ${v.packaging}`,
      description: (v) =>
        `Corded ${v.powerW} W rotary hammer with ${v.chuck} chuck and ${v.impactJ} J impact energy, ${v.packaging}.`,
      uses: [
        'Drills and chisels concrete and masonry.',
        'With safety clutch and vibration damping.',
      ],
      euros: (v) => 50 + v.powerW * 0.09 + v.impactJ * 9,
      grams: (v) => 2000 + v.impactJ * 500,
    }),
    family({
      category: 'Angle grinders',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        discMm: [115, 125, 150, 180, 230],
        powerW: [750, 900, 1100, 1400, 1700, 2000, 2400, 2600],
        switch: { 'slide switch': 1, 'dead-man switch': 1.08 },
        control: { 'fixed speed': 1, 'variable speed': 1.18 },
      },
      where: (v) => v.powerW >= v.discMm * 6 && v.powerW <= v.discMm * 12,
      name: (v) => `Angle grinder ${v.discMm} mm, ${v.powerW} W, ${v.switch}, ${v.control}`,
      description: (v) =>
        `Corded ${v.powerW} W angle grinder for ${v.discMm} mm discs, with ${v.switch} and ${v.control}.`,
      uses: ['Cuts and grinds metal and stone.', 'With soft start and restart protection.'],
      euros: (v) => 20 + v.powerW * 0.06,
      grams: (v) => 1200 + v.powerW * 1.7,
    }),
    family({
      category: 'Power saws',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Circular saw': 1,
          'Plunge saw': 1.8,
          Jigsaw: 0.75,
          'Reciprocating saw': 0.95,
          'Mitre saw': 1.9,
          'Table saw': 2.7,
        },
        supply: {
          '230 V': 1,
          '18 V, body only': 1.15,
          '18 V, 2 × 4 Ah': 1.95,
          '18 V, 2 × 5 Ah': 2.15,
        },
        model: { Basic: 0.75, Plus: 1, Pro: 1.45 },
        packaging: CASES,
      },
      where: (v) =>
        v.type === 'Table saw' || v.type === 'Mitre saw'
          ? v.packaging === 'in carton' && v.supply !== '18 V, body only'
          : true,
      name: (v) => `${v.type} ${v.model}, ${v.supply}, ${v.packaging}`,
      description: (v) => `${v.type} for ${v.supply}, ${v.model} class, supplied ${v.packaging}.`,
      uses: ['For clean cuts in timber and board.', 'With dust port and parallel guide.'],
      euros: () => 105,
      grams: (v) => (v.type === 'Table saw' ? 24_000 : v.type === 'Mitre saw' ? 14_000 : 3600),
    }),
    family({
      category: 'Sanders & planers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Random orbital sander': 1,
          'Belt sander': 1.35,
          'Delta sander': 0.7,
          'Finishing sander': 0.65,
          'Wall sander': 2,
          'Electric planer': 1.3,
          'Multi-tool': 0.95,
          Router: 1.5,
        },
        powerW: [180, 250, 300, 400, 550, 710, 850, 1050],
        model: { Basic: 0.75, Plus: 1, Pro: 1.4 },
      },
      where: (v) =>
        v.type === 'Delta sander' || v.type === 'Finishing sander' || v.type === 'Multi-tool'
          ? v.powerW <= 400
          : v.powerW >= 300,
      name: (v) => `${v.type} ${v.model}, ${v.powerW} W`,
      description: (v) =>
        `${v.type} with ${v.powerW} W motor and variable speed, ${v.model} class.`,
      uses: ['Comes with dust bag and one abrasive or blade.', 'For wood, paint and filler.'],
      euros: (v) => 40 + v.powerW * 0.11,
      grams: (v) => 1000 + v.powerW * 3,
    }),
    family({
      category: 'Batteries & chargers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Battery pack': 1,
          'Battery pack, high output': 1.3,
          'Starter kit with charger': 1.6,
        },
        voltageV: [12, 18, 36, 40],
        capacityAh: [1.5, 2, 2.5, 3, 4, 5, 6, 8, 12],
        indicator: { 'with charge indicator': 1.04, 'without charge indicator': 1 },
      },
      where: (v) => v.voltageV > 12 || v.capacityAh <= 6,
      name: (v) => `${v.type} ${v.voltageV} V, ${v.capacityAh} Ah, ${v.indicator}`,
      description: (v) =>
        `Lithium-ion ${v.voltageV} V battery with ${v.capacityAh} Ah, ${v.indicator}, for all ${v.voltageV} V tools of the brand.`,
      uses: ['No memory effect and little self-discharge.', 'Protected against overload and heat.'],
      euros: (v) => 16 + v.voltageV * v.capacityAh * 0.62,
      grams: (v) => 150 + v.voltageV * v.capacityAh * 6,
    }),
    family({
      category: 'Vacuums & compressors',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Wet and dry vacuum': 1,
          'Dust extractor, class L': 1.8,
          'Dust extractor, class M': 2.5,
          Compressor: 1.5,
          'Silent compressor': 2.1,
        },
        volumeL: [6, 10, 15, 20, 24, 30, 40, 50, 100],
        powerW: [800, 1100, 1200, 1400, 1500, 1800],
      },
      where: (v) => v.volumeL < 100 || v.type === 'Compressor' || v.type === 'Silent compressor',
      name: (v) => `${v.type} ${v.volumeL} l, ${v.powerW} W`,
      description: (v) => `${v.type} with ${v.volumeL} l tank and ${v.powerW} W motor.`,
      uses: ['For workshop and building site.', 'On castors, with hose and accessories.'],
      euros: (v) => 25 + v.volumeL * 1.3 + v.powerW * 0.035,
      grams: (v) => 4000 + v.volumeL * 300,
    }),
  ],
};
