#pragma once

// Gamma functions, the inverse error function, Bessel functions and sinc, in the manner of math.h.
// Floats are computed in double with shorter polynomials and rounded once. 2 ULP in float; in
// double 4 ULP, and log-gamma and digamma of negative numbers to 1e-15 of the greater of the result
// and 1.

#include "kernels/cpu/math.h"
#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace special {

constexpr double pi = 3.14159265358979323846;

/// sin(pi x) and cos(pi x) for |x| <= 1/2
TOPOGRAD_INLINE double sin_pi_near(double x) {
  const double r = pi * x;
  return r + r * sin_series(r * r);
}
TOPOGRAD_INLINE double cos_pi_near(double x) { return sin_pi_near(0.5 - abs(x)); }

// ------------------------------------------------------------------ log-gamma and digamma

/// log(gamma(y)) / ((y - 1) (y - 2)) for y in [0.5, 3]
template <Real T>
TOPOGRAD_INLINE double lgamma_core(double y) {
  if constexpr (sizeof(T) == 4)
    return polynomial(y, 2.38255942072780954, 40.7455560026453053, 132.383315093339276,
                      121.219369806839979, 32.442259539106909, 2.02913209413087938,
                      0.00715303314779536401) /
           polynomial(y, 1.0, 31.1018094951438398, 164.15196990062937, 242.68304876948068,
                      116.806802592072568, 17.4716993254350091, 0.58986116758067304);
  else
    return polynomial(y, 2.91853853423367145, 182.670687856467888, 2623.41386971577312,
                      13928.6989410744275, 32947.1516610780057, 37733.203141356733,
                      21501.9580092822215, 6022.19853272869308, 782.472390606068766,
                      41.2526674918715479, 0.638799223052254259, 0.0005871405684018768) /
           polynomial(y, 1.0, 98.0959556674859942, 1960.23805814833237, 13912.8146656387907,
                      43377.5321079537326, 65758.5960666768671, 50821.3697798019836,
                      20211.3204427732836, 4030.40414052699466, 374.924507128751308,
                      13.9174528282651183, 0.140370843024131546);
}

/// What Stirling's formula lacks for x >= 3, times x, as a function of 1 / x^2
template <Real T>
TOPOGRAD_INLINE double lgamma_tail(double w) {
  if constexpr (sizeof(T) == 4)
    return polynomial(w, 0.0833333326726319101, -0.00277758622464862555, 0.000784718410582126263,
                      -0.00045442830739895849);
  else
    return polynomial(w, 0.0833333333333333068, -0.00277777777771987025, 0.000793650772423340779,
                      -0.000595235011306069855, 0.000841516377535680463, -0.00190682880335033726,
                      0.00609236430018022746, -0.0230233869135936974, 0.0813307090659347303,
                      -0.207093252866103265, 0.261808447327736125);
}

/// digamma(y) / (y - digamma_root) for y in [0.5, 3]
template <Real T>
TOPOGRAD_INLINE double digamma_core(double y) {
  if constexpr (sizeof(T) == 4)
    return polynomial(y, 766346.003500265668, 2242844.16497463767, 1606588.96812013671,
                      351852.842612706643, 19192.6750240201373, 55.5717442786595939) /
           polynomial(y, 1.0, 1120103.78828602043, 1865389.654355681, 870952.122693573678,
                      127478.425842262347, 4366.31031185461963);
  else
    return polynomial(y, 530814787189.233547, 1851929522017.05913, 2016898577228.66719,
                      962602574573.21952, 221215105264.093165, 24147705782.4347655,
                      1114098370.63645941, 15729031.7039103327, 12343.486211092509) /
           polynomial(y, 1.0, 775855955962.809491, 1728188721055.39083, 1374728562141.61622,
                      506690923527.171749, 91946178545.0206058, 7930632314.68517203,
                      282547069.237673936, 2844977.23439118693);
}

/// (log(x) - 1 / (2 x) - digamma(x)) x^2 for x >= 3, as a function of 1 / x^2
template <Real T>
TOPOGRAD_INLINE double digamma_tail(double w) {
  if constexpr (sizeof(T) == 4)
    return polynomial(w, 0.0833333330289842717, -0.0083331954284764471, 0.00395796249667178025,
                      -0.00388566927885063091, 0.0041093706974306233);
  else
    return polynomial(w, 0.08333333333333326, -0.00833333333314259714, 0.00396825388491972555,
                      -0.00416665217861721667, 0.00757443060686843998, -0.0210191648265773721,
                      0.0806404723454378229, -0.374300425879562164, 1.74586310759597997,
                      -6.70633254376598937, 17.2618782130509509, -21.2986047168248231);
}

/// log(gamma(x)) for x >= 0
template <Real T>
TOPOGRAD_INLINE double lgamma_positive(double x) {
  const bool small = x < 0.5;
  const double logarithm = log(x);
  const double y = small ? x + 1.0 : x;  // gamma(x) = gamma(x + 1) / x
  const double near =
      (y - 1.0) * (y - 2.0) * lgamma_core<T>(y) - (small ? logarithm : -0.0);  // not -0 at 1
  const double inverse = 1.0 / x;
  const double far = (x - 0.5) * (logarithm - 1.0) +
                     (0.41893853320467274178 + inverse * lgamma_tail<T>(inverse * inverse));
  return x < 3.0 ? near : far;
}
/// By gamma(-a) gamma(1 + a) sin(pi a) = -pi.
template <Real T>
TOPOGRAD_INLINE double lgamma_any(double x) {
  constexpr double log_pi = 1.14472988584940017414;
  const double a = abs(x);
  const bool reflected = x < 0.0;
  const double y = lgamma_positive<T>(reflected ? a + 1.0 : a);
  const double sine = abs(sin_pi_near(a - round(a)));
  const double other = a < Format<double>::infinity ? log_pi - log(sine) - y : a;
  return reflected ? other : y;
}

/// x >= 0
template <Real T>
TOPOGRAD_INLINE double digamma_positive(double x) {
  constexpr double root = 0x1.762d86356be3fp+0, root_low = 9.549995429965697e-17;
  const bool small = x < 0.5;
  const double y = small ? x + 1.0 : x;
  const double inverse = 1.0 / x;
  const double near = ((y - root) - root_low) * digamma_core<T>(y) - (small ? inverse : 0.0);
  const double w = inverse * inverse;
  const double far = log(x) - (0.5 * inverse + w * digamma_tail<T>(w));
  return x < 3.0 ? near : far;
}
/// NaN at the negative integers, as the limits from the left and from the right differ.
template <Real T>
TOPOGRAD_INLINE double digamma_any(double x) {
  const double a = abs(x);
  const bool reflected = sign_bit(x);
  const double y = digamma_positive<T>(reflected ? a + 1.0 : a);
  const double r = a - round(a);
  const double pole = (r == 0.0) & (a > 0.0) ? Format<double>::nan : 0.0;
  const double other = y + pi * (cos_pi_near(r) / sin_pi_near(r)) + pole;
  return reflected ? other : y;
}

// ------------------------------------------------------------------ polygamma

/// The derivative of digamma for y in [0.5, 3]
template <Real T>
TOPOGRAD_INLINE double trigamma_core(double y) {
  if constexpr (sizeof(T) == 4)
    return polynomial(y, 400186.103886267159, 1419695.69567425973, 2587393.13981061955,
                      2591730.19115649131, 1376426.7189039458, 321012.272663376455,
                      0.0171807451317217356) /
           polynomial(y, 1.0, -14.4112319730634005, 400283.555423026644, 1419284.51618229542,
                      1930322.6334542733, 1215914.03463651554, 321012.753561966668);
  else
    return polynomial(y, -67027297833.2559104, -291231782162.219648, -642135964018.300311,
                      -850226363776.45897, -710166571606.372875, -378744512632.94775,
                      -126138500503.844857, -24184053043.8025893, -2072209323.8595715,
                      0.0620204587680448391) /
           polynomial(y, 1.0, -20.0468211883224276, -67027297641.5116228, -291231783327.874173,
                      -531880473346.571897, -532310552710.182388, -317776953323.657849,
                      -114219157075.959269, -23147948449.6864092, -2072209320.95103371);
}

/// (trigamma(x) - 1 / x - 1 / (2 x^2)) x^3 for x >= 3, as a function of 1 / x^2
template <Real T>
TOPOGRAD_INLINE double trigamma_tail(double w) {
  if constexpr (sizeof(T) == 4)
    return polynomial(w, 0.166666663415944742, -0.0333318587966712368, 0.0236988736302475847,
                      -0.0302745553137531186, 0.0369641463861825158);
  else
    return polynomial(w, 0.166666666666666618, -0.0333333333331600356, 0.0238095237063893414,
                      -0.0333333088013669244, 0.0757544778626399054, -0.252873997799307894,
                      1.15429749175345821, -6.63906849872433786, 42.5865476231484195,
                      -262.681586223966006, 1355.61704165129243, -5159.30053265969445,
                      12453.7661768356465, -14074.0524850923759);
}

/// x > 0
template <Real T>
TOPOGRAD_INLINE double trigamma_positive(double x) {
  const bool small = x < 0.5;
  const double y = small ? x + 1.0 : x;
  const double inverse = 1.0 / x;
  const double w = inverse * inverse;
  const double near = trigamma_core<T>(y) + (small ? w : 0.0);
  const double far = inverse + w * (0.5 + inverse * trigamma_tail<T>(w));
  return x < 3.0 ? near : far;
}

/// x^s by the binary digits of s, 1 <= s < 32.
TOPOGRAD_INLINE double small_power(double x, unsigned s) {
  double result = 1.0;
  for (unsigned digit = 1; digit < 32; digit *= 2) {
    result *= (s & digit) != 0 ? x : 1.0;
    x *= x;
  }
  return result;
}
/// The magnitude of the n-th derivative of digamma at q >= 0, n >= 1: n! times Hurwitz' zeta
/// function of s = n + 1, by nine terms and the formula of Euler and Maclaurin. Terms are relative
/// to the first one: nothing overflows before the result does. power(x, s) is x^s, lead is n! /
/// q^n.
template <class Power>
TOPOGRAD_INLINE double polygamma_sum(double q, double n, double lead, Power power) {
  const double inverse = 1.0 / q;
  double sum = 1.0, ratio = 1.0, last = 1.0;
  for (int k = 1; k < 10; ++k) {
    ratio = q / (q + k);
    last = power(ratio, n);
    sum += last * ratio;
  }
  const double end = q + 9.0, step = 1.0 / end;
  const double s = n + 1.0;
  // Bernoulli's numbers B2j / (2j)!
  constexpr double weight[] = {1 / 12.0,
                               -1 / 720.0,
                               1 / 30240.0,
                               -1 / 1209600.0,
                               1 / 47900160.0,
                               -1 / 1.8924375803183791606e9,
                               1 / 7.47242496e10,
                               -1 / 2.950130727918164224e12,
                               1 / 1.1646782814350067249e14,
                               -1 / 4.5979787224074726105e15,
                               1 / 1.8152105401943546773e17,
                               -1 / 7.1661652561756670113e18};
  double factor = s * step, tail = -0.5;
  for (int j = 0; j < 12; ++j) {
    tail += factor * weight[j];
    factor *= (s + (2 * j + 1)) * step * ((s + (2 * j + 2)) * step);
  }
  sum += last * ratio * tail;
  const double y = lead * (inverse * sum + last / n);
  return q < Format<double>::infinity ? y : (is_nan(q) ? q : 0.0);
}
TOPOGRAD_INLINE double polygamma_few(double q, double n) {
  double factorial = 1.0;
  for (int k = 2; k <= 20; ++k) factorial *= k <= n ? k : 1;
  const auto power = [](double x, double s) { return small_power(x, static_cast<unsigned>(s)); };
  return polygamma_sum(q, n, factorial * power(1.0 / q, n), power);
}
/// For orders above 20, whose factorials and powers would overflow.
TOPOGRAD_INLINE double polygamma_many(double q, double n) {
  const double log_factorial = lgamma_positive<double>(n + 1.0);
  const auto power = [](double x, double s) { return exp(s * log(x)); };
  return polygamma_sum(q, n, exp(log_factorial - n * log(q)), power);
}
/// All real x. The sum over all integers k of (x + k)^-s depends on the fraction of x alone, which
/// leads from negative x to three positive arguments.
template <class Function>
TOPOGRAD_INLINE double polygamma_any(double x, double n, Function positive) {
  const bool odd = round(0.5 * n) != 0.5 * n;
  const double from_below = x - floor(x), to_next = floor(x) + 1.0 - x;
  const double other = positive(to_next) - positive(1.0 - x);
  const double reflected =
      from_below > 0.0 ? positive(from_below) + (odd ? other : -other) : Format<double>::infinity;
  const double y =
      x > 0.0 ? positive(x) : (x == -Format<double>::infinity ? Format<double>::nan : reflected);
  return is_nan(x) ? x : (odd ? y : -y);
}

template <Real T>
TOPOGRAD_INLINE double trigamma_any(double x) {
  return polygamma_any(x, 1.0, [](double q) { return polygamma_few(q, 1.0); });
}

// ------------------------------------------------------------------ inverse error function

struct Fraction {
  double above, below;
};

/// erfinv(x) / x as a function of 0.7225 - x^2, for |x| <= 0.85
TOPOGRAD_INLINE Fraction erfinv_middle(double u) {
  return {
      polynomial(u, 1.19753231156709134, 14.9172648315172144, 74.7750065181361863,
                 193.888644176069217, 278.7734462009156, 221.85100964389379, 92.4190022557831773,
                 17.7642344411268102, 1.20057043949449188, 0.0125932337923522412),
      polynomial(u, 1.0, 13.207984312357249, 70.9856326407244516, 200.28507368091604,
                 319.756006846091374, 290.846877488264429, 144.72090414732581, 35.7901768342344533,
                 3.6223989748303363, 0.0940704093954751284)};
}

/// erfinv(x) as a function of sqrt(-log((1 - x) / 2)) - 1.6, for x >= 0.85
TOPOGRAD_INLINE Fraction erfinv_tail(double s) {
  return {polynomial(s, 1.00652203360368792, 3.49184340840314291, 4.81272937756410066,
                     3.54277397843802869, 1.55467204024148995, 0.423208715295356406,
                     0.0707741609341207773, 0.00682468334498381878, 0.000329093818020372975,
                     5.67596995948769461e-6),
          polynomial(s, 1.0, 2.26948109764088692, 2.14522315866558112, 1.10309829256980053,
                     0.336334748553808542, 0.061373848567952838, 0.00632979170959196619,
                     0.000320045855838677298, 5.67574576348002562e-6, 1.27713199602707787e-12)};
}

TOPOGRAD_INLINE double erfinv(double x) {
  const double a = abs(x);
  const auto middle = erfinv_middle(0.7225 - a * a);
  // 1 - a is exact for a of the tail.
  const double logarithm = log((1.0 - a) * 0.5);
  const auto outer = erfinv_tail(sqrt(-logarithm) - 1.6);
  // One division for both.
  const bool is_middle = a < 0.85;
  const double y =
      (is_middle ? a * middle.above : outer.above) / (is_middle ? middle.below : outer.below);
  return copysign(a == 1.0 ? Format<double>::infinity : y, x);
}
/// x times a function of w = -log(1 - x^2), near 0 and far from it, to 7e-9 before rounding
/// and to 2.4 ULP after it.
TOPOGRAD_INLINE float erfinv(float x) {
  const float a = abs(x);
  const float w = -log((1.0f - a) * (1.0f + a));
  const float middle = polynomial(
      w - 2.5f, 1.501409361f, 0.2466402798f, -0.004177394615f, -0.001252728507f, 0.00021835103f,
      -4.970956485e-6f, -3.464470053e-6f, 4.677673831e-7f, 2.337982917e-8f, -8.902386407e-9f);
  const float outer =
      polynomial(sqrt(w) - 3.0f, 2.832976794f, 1.001675058f, 0.009445738672f, -0.007638998352f,
                 0.005682738563f, -0.003588462551f, 0.001497051348f, -7.496109262e-5f,
                 -0.0003197960058f, 0.0001286448041f);
  const float y = x * (w < 5.0f ? middle : outer);
  return a == 1.0f ? copysign(Format<float>::infinity, x) : y;
}

// ------------------------------------------------------------------ modified Bessel functions

/// I0(x) as a function of (x / 2)^2, for |x| <= 8
template <Real T>
TOPOGRAD_INLINE double i0_near(double z) {
  if constexpr (sizeof(T) == 4)
    return polynomial(z, 0.999999999743129939, 1.00000000462225224, 0.249999986250695564,
                      0.0277777937727828916, 0.00173610151358482738, 0.0000694478354090688803,
                      1.92825485121218348e-6, 3.94785715881510272e-8, 6.04336138368565182e-10,
                      8.27921965845073156e-12, 4.88715526201396984e-14, 1.2115990918750211e-15);
  else
    return polynomial(z, 1.0, 0.999999999999999985, 0.250000000000000089, 0.0277777777777775657,
                      0.00173611111111137586, 0.000069444444444243985, 1.92901234577904049e-6,
                      3.93675988567358146e-8, 6.15118741317766727e-10, 7.59405684669917339e-12,
                      7.5940799502794688e-14, 6.27586282093752201e-16, 4.36003622691757763e-18,
                      2.56987438575149567e-20, 1.35095827969476994e-22, 4.94067028254257153e-25,
                      3.64543868126774327e-27);
}

/// I0(x) exp(-x) sqrt(x) as a function of 1 / x, for x >= 8
template <Real T>
TOPOGRAD_INLINE double i0_far(double u) {
  if constexpr (sizeof(T) == 4)
    return polynomial(u, 0.398942281338384764, 0.0498673399676472113, 0.0280993775821152358,
                      0.0271281632571678171, 0.0868135165445276947, -0.31704294964757795,
                      1.85764122230677994);
  else
    return polynomial(
        u, 0.398942280401433165, 0.049867785049296458, 0.0280506297282092205, 0.0292191577279696275,
        0.0448013121619168707, 0.081206458472742936, 1.27918343065458223, -85.2361901909880013,
        5289.63052904907995, -250066.150378576265, 9236013.04427012153, -269375465.190735372,
        6251594289.4413142, -115944956437.124719, 1720625477590.94553, -20394118905535.5283,
        192071911498141.055, -1424203256993064.93, 8194277546644112.14, -35770220213179920.1,
        114342640596699088.0, -252188004933496353.0, 342718990163692540.0, -216151369658791810.0);
}

/// 2 I1(x) / x as a function of (x / 2)^2, for |x| <= 8
template <Real T>
TOPOGRAD_INLINE double i1_near(double z) {
  if constexpr (sizeof(T) == 4)
    return polynomial(z, 1.00000000076808311, 0.499999988387295838, 0.0833333623076376461,
                      0.00694441629917960248, 0.00034723621379022774, 0.0000115700275656558157,
                      2.76299974291351307e-7, 4.83761038743701445e-9, 7.44242071608109128e-11,
                      4.89614755270513982e-13, 1.33355848794696962e-14);
  else
    return polynomial(z, 0.999999999999999998, 0.500000000000000056, 0.0833333333333330359,
                      0.00694444444444506844, 0.00034722222222153508, 0.0000115740740745313199,
                      2.75573192040304429e-7, 4.92094992153865326e-9, 6.8346512944922529e-11,
                      7.59407856716032275e-13, 6.90345927367200966e-15, 5.23199215997927508e-17,
                      3.34100446970929378e-19, 1.8910288040786308e-21, 7.413211040554544e-24,
                      5.83365133318818358e-26);
}

/// I1(x) exp(-x) sqrt(x) as a function of 1 / x, for x >= 8
template <Real T>
TOPOGRAD_INLINE double i1_far(double u) {
  if constexpr (sizeof(T) == 4)
    return polynomial(u, 0.398942279355015053, -0.149602858074833563, -0.0468054895720890607,
                      -0.0385717911152974813, -0.104512772185119883, 0.3447832735313277,
                      -2.09449358655833707);
  else
    return polynomial(u, 0.39894228040143218, -0.149603355149636441, -0.0467510491350201892,
                      -0.0409069148809213604, -0.0575859629187808339, -0.101160956423195659,
                      -1.3400783060122513, 86.6444344827349645, -5378.05878763738279,
                      253951.367522358131, -9367518.45261975223, 272806266.852187431,
                      -6320442654.53517054, 116993268975.494759, -1732311038337.23601,
                      20480366017199.5216, -192324996928067.547, 1421382162658499.32,
                      -8147521116714660.18, 35416094692309897.7, -112672008498634943.0,
                      247170510606060684.0, -333867493074923483.0, 209127230198968390.0);
}

/// exp(x) might overflow before the result does.
template <Real T>
TOPOGRAD_INLINE double i0_any(double x) {
  const double a = abs(x);
  const double root = exp(0.5 * a);
  const double far = root * (i0_far<T>(1.0 / a) / sqrt(a)) * root;
  return a < 8.0 ? i0_near<T>(0.25 * a * a) : (a < Format<double>::infinity ? far : a);
}
template <Real T>
TOPOGRAD_INLINE double i1_any(double x) {
  const double a = abs(x);
  const double root = exp(0.5 * a);
  const double far = root * (i1_far<T>(1.0 / a) / sqrt(a)) * root;
  const double y =
      a < 8.0 ? 0.5 * a * i1_near<T>(0.25 * a * a) : (a < Format<double>::infinity ? far : a);
  return copysign(y, x);
}

// ------------------------------------------------------------------ sinc and logit

/// sin(pi x) / (pi x), 0 at the integers and 1 at 0
TOPOGRAD_INLINE double sinc(double x) {
  const double n = round(x);
  const double sine = sin_pi_near(x - n);
  const bool odd = round(0.5 * n) != 0.5 * n;
  return x == 0.0 ? 1.0 : (odd ? -sine : sine) / (pi * x) + 0.0;  // not -0 at integers
}
/// The derivative of sinc.
TOPOGRAD_INLINE double sinc_slope(double x) {
  const double n = round(x), r = x - n;
  const bool odd = round(0.5 * n) != 0.5 * n;
  const double cosine = cos_pi_near(r), sine = sin_pi_near(r);
  const double far = ((odd ? -cosine : cosine) - (odd ? -sine : sine) / (pi * x)) / x;
  const double near =
      x * polynomial(x * x, -3.28986813369645287, 3.24696970113341457, -1.14451094473250528,
                     0.209182782541238404, -0.0234608103545582364, 0.00178114551637285204,
                     -0.0000976622312631893266, 4.04994784661924424e-6, -1.31484812799919946e-7,
                     3.4330769499642866e-9, -7.36589377709694671e-11, 1.32179013891623172e-12);
  return abs(x) < 0.5 ? near : far;
}
}  // namespace special

/// log(x / (1 - x)) for normal x below 1, to 4 ULP.
template <Real T>
TOPOGRAD_INLINE T logit_inside(T x) {
  // Near 1/2 the logarithm is small, and the rounding of the ratio would be much of it; 2 x - 1 is
  // exact, and the ratio less 1 is what the logarithm's series takes. (Products with `far`, because
  // of many choices by one condition the compiler makes a branch.)
  const bool near = abs(x - T(0.485)) < T(0.085);
  const T far = near ? T(0) : T(1);
  const T ratio = ((T(2) - far) * x - (T(1) - far)) / (T(1) - x);
  const auto reduced = reduce_log(ratio);
  const T k = far * reduced.k;
  const T f = near ? ratio : reduced.f;
  return k * Format<T>::ln2_high + (f + (k * Format<T>::ln2_low + log_tail(f)));
}
/// The same for every x, limited to [margin, 1 - margin] where margin is not negative.
template <Real T>
TOPOGRAD_INLINE T logit(T x, T margin) {
  const T high = T(1) - margin;
  const T inner = x < margin ? margin : (x > high ? high : x);
  const T y = margin < T(0) ? x : inner;
  const bool subnormal = y < Format<T>::smallest_normal;
  constexpr T shift = T(36.0436533891171561);  // of 2^52
  const T inside = logit_inside(subnormal ? y * T(0x1p52) : y) - (subnormal ? shift : T(0));
  const T above = y > T(0) ? inside : (y == T(0) ? -Format<T>::infinity : Format<T>::nan);
  return y < T(1) ? above : (y == T(1) ? Format<T>::infinity : Format<T>::nan);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
