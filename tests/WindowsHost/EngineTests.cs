using System.Reflection;
using System.Runtime.Loader;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace VhdPS.WindowsHost;

/// <summary>Runs classes of a built xunit assembly in this process, one test at a time.</summary>
public static class EngineTests
{
    /// <summary>Writes each test when it begins, each failure and skip, and the line that every test project ends with.</summary>
    /// <param name="assemblyPath">The test assembly, with what it needs beside it.</param>
    /// <param name="logPath">The text file to write.</param>
    /// <param name="classNames">The classes to run, without their namespaces.</param>
    /// <returns>Whether each class was found, and tests have run and none has failed.</returns>
    public static bool Run(string assemblyPath, string logPath, string[] classNames)
    {
        string fullPath = Path.GetFullPath(assemblyPath);
        string folder = Path.GetDirectoryName(fullPath)!;
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(folder, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        Assembly assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(fullPath);

        using var output = new StreamWriter(logPath) { AutoFlush = true, NewLine = "\n" };
        using var results = new ResultSink(output);
        using var framework = new XunitTestFramework(results);
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(Reflector.Wrap(assembly));
        discoverer.Find(includeSourceInformation: false, results, OneAtATime.Options);
        results.Wait();
        ITestCase[] tests = [.. results.Found.Where(test => classNames.Contains(ClassName(test)))];
        foreach (string name in classNames.Except(tests.Select(ClassName)))
        {
            results.Fail(name, "no such class");
        }

        using ITestFrameworkExecutor executor = framework.GetExecutor(assembly.GetName());
        executor.RunTests(tests, results, OneAtATime.Options);
        results.Wait();
        return results.Conclude();
    }

    private static string ClassName(ITestCase test) => test.TestMethod.TestClass.Class.Name.Split('.')[^1];
}
