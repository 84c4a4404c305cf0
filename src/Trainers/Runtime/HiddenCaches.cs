using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>
/// Some virtual machines with AMD processors answer the question for the sizes of the caches (CPUID 8000001Dh) with zeros. oneDNN, which computes libtorch's
/// convolutions, takes a first cache of 0 bytes for true and then rearranges weights whose channels do not fill a vector wrongly: gradients of such
/// convolutions are wrong, without a word (libtorch 2.10; oneDNN's later versions guess instead). Without AVX2 it does not rearrange them.
/// </summary>
internal static class HiddenCaches
{
    private const string Variable = "ONEDNN_MAX_CPU_ISA", OlderVariable = "DNNL_MAX_CPU_ISA", WithoutAvx2 = "AVX";
    private const int CacheProperties = unchecked((int)0x8000001D), ExtendedLeaves = unchecked((int)0x80000000);
    private const int TypeOfCache = 0x1F;

    /// <summary>Keeps oneDNN from vectors that would be wrong here, unless the user has chosen some. Before its first use: it looks once.</summary>
    public static void Guard(Action<string> trace)
    {
        if (!X86Base.IsSupported || !AreHidden(X86Base.CpuId)) return;
        if (Environment.GetEnvironmentVariable(Variable) is not null || Environment.GetEnvironmentVariable(OlderVariable) is not null) return;
        Environment.SetEnvironmentVariable(Variable, WithoutAvx2);
        // On Linux .NET keeps a copy of the environment, which native code does not see.
        if (OperatingSystem.IsLinux()) setenv(Variable, WithoutAvx2, overwrite: 0);
        trace($"This virtual machine hides the sizes of its caches, which makes oneDNN's gradients of convolutions wrong beyond AVX: {Variable}={WithoutAvx2} was set for this process. Set it yourself to decide otherwise.");
    }

    /// <param name="cpuId">The registers for a leaf and a part of it.</param>
    internal static bool AreHidden(Func<int, int, (int Eax, int Ebx, int Ecx, int Edx)> cpuId)
    {
        (int _, int ebx, int ecx, int edx) = cpuId(0, 0);
        ReadOnlySpan<int> vendor = [ebx, edx, ecx];
        return MemoryMarshal.AsBytes(vendor).SequenceEqual("AuthenticAMD"u8)
            && (uint)cpuId(ExtendedLeaves, 0).Eax >= unchecked((uint)CacheProperties)
            && (cpuId(CacheProperties, 0).Eax & TypeOfCache) == 0;
    }

    [DllImport("libc")]
    private static extern int setenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
