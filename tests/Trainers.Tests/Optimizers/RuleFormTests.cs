using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>The form of a rule decides its speed by factors: each trap that was measured is guarded here.</summary>
[TestClass]
public class RuleFormTests
{
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static IEnumerable<Type> Rules => typeof(Optimizer).Assembly.GetTypes()
        .Where(type => type.IsValueType && type.GetInterfaces().Any(face => face.IsGenericType && (face.GetGenericTypeDefinition() == typeof(IRule<>) || face.GetGenericTypeDefinition() == typeof(ITerm<>))));

    [TestMethod]
    public void Rules_AreFound() => Rules.Should().HaveCountGreaterThan(60);

    [TestMethod]
    public void Update_OfEveryRule_IsAggressivelyInlined()
    {
        foreach (Type rule in Rules)
        {
            MethodInfo method = rule.GetMethods(Everything).Single(one => one.Name is "Update" or "At");
            method.MethodImplementationFlags.Should().HaveFlag(MethodImplAttributes.AggressiveInlining, "{0}.{1} costs three times as much as a call", rule, method.Name);
        }
    }

    [TestMethod]
    public void Fields_OfEveryRule_AreLanesSlotsOrFlags()
    {
        foreach (Type rule in Rules)
            foreach (FieldInfo field in rule.GetFields(Everything & ~BindingFlags.Static))
            {
                Type type = field.FieldType;
                bool lane = type.IsGenericParameter, flag = type == typeof(bool);
                bool slot = type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Span<>) || type.GetGenericTypeDefinition() == typeof(ReadOnlySpan<>) || type.GetGenericTypeDefinition() == typeof(Caution<>));
                (lane || flag || slot).Should().BeTrue("{0}.{1} is a {2}, which would be converted for every lane", rule, field.Name, type);
            }
    }

    [TestMethod]
    [DataRow("Loop", "Update")]
    [DataRow("SumLoop", "At", "AddTo")]
    public void HotLoop_OfParameters_CallsNothingButTheRule(string loop, params string[] rule)
    {
        MethodInfo method = typeof(Parameters<>).GetMethod(loop, Everything)!;

        method.MethodImplementationFlags.Should().HaveFlag(MethodImplAttributes.AggressiveOptimization).And.HaveFlag(MethodImplAttributes.NoInlining);
        Calls(method).Should().OnlyContain(name => rule.Contains(name) || name == "get_Item" || name == "get_Length");
    }

    /// <summary>The names of the methods that a body calls: call is 0x28, callvirt 0x6F, newobj 0x73, each before a token.</summary>
    private static IEnumerable<string> Calls(MethodInfo method)
    {
        byte[] body = method.GetMethodBody()!.GetILAsByteArray()!;
        Type[] types = method.DeclaringType!.GetGenericArguments(), arguments = method.GetGenericArguments();
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] is not (0x28 or 0x6F or 0x73) || i + 4 >= body.Length || body[i + 4] is not (0x06 or 0x0A or 0x2B)) continue;
            yield return method.Module.ResolveMethod(BitConverter.ToInt32(body, i + 1), types, arguments)!.Name;
            i += 4;
        }
    }
}
