using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using MlNetLr.Tests;

/// <summary>What .NET runs before Main when DOTNET_STARTUP_HOOKS names this assembly: unlike a module initializer, it may use threads.</summary>
internal static class StartupHook
{
    public static void Initialize() => ChildProgram.RunIfChild();
}

namespace MlNetLr.Tests
{
    /// <summary>
    /// Runs a static method of the test assembly in a process of its own: the test assembly started again, with the method
    /// named in an environment variable. Its return value is the exit code, its console output is returned.
    /// </summary>
    public static class ChildProgram
    {
        private const string MethodVariable = "MLNETLR_TEST_CHILD";
        private const string ArgumentVariable = "MLNETLR_TEST_CHILD_ARGUMENT";

        /// <summary>Starts <paramref name="program"/> (a static method that takes a string and returns an int) in a new process.</summary>
        /// <param name="program">The method.</param>
        /// <param name="argument">What it is given.</param>
        /// <param name="environment">Variables to set, or with null to remove.</param>
        /// <param name="assembly">A copy of the test assembly to run instead of this one.</param>
        public static Process Start(Func<string, int> program, string argument = "", IReadOnlyDictionary<string, string?>? environment = null, string? assembly = null)
        {
            assembly ??= Assembly.GetExecutingAssembly().Location;
            string dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
            var start = new ProcessStartInfo(dotnet, [assembly]) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
                start.Environment[name] = value;
            start.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
            start.Environment[MethodVariable] = $"{program.Method.DeclaringType!.FullName}|{program.Method.Name}";
            start.Environment[ArgumentVariable] = argument;
            return Process.Start(start)!;
        }

        /// <summary>Runs it to its end.</summary>
        public static (int ExitCode, string Output) Run(
            Func<string, int> program, string argument = "", IReadOnlyDictionary<string, string?>? environment = null, string? assembly = null, TimeSpan? timeout = null)
        {
            using Process process = Start(program, argument, environment, assembly);
            return Finish(process, timeout);
        }

        /// <summary>Waits for its end, a minute at most unless told otherwise.</summary>
        public static (int ExitCode, string Output) Finish(Process process, TimeSpan? timeout = null)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(timeout ?? TimeSpan.FromMinutes(1)))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"The child process did not end. Output: {output.Result}{errors.Result}");
            }
            return (process.ExitCode, output.Result + errors.Result);
        }

        /// <summary>Runs the method that the environment names and ends the process.</summary>
        public static void RunIfChild()
        {
            if (Environment.GetEnvironmentVariable(MethodVariable) is not { } method) return;
            string[] parts = method.Split('|');
            MethodInfo program = Assembly.GetExecutingAssembly().GetType(parts[0], throwOnError: true)!
                .GetMethod(parts[1], BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
            Environment.Exit(program.CreateDelegate<Func<string, int>>()(Environment.GetEnvironmentVariable(ArgumentVariable) ?? ""));
        }
    }
}
