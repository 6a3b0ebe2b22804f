using System.Reflection;
using System.Runtime.Loader;
using VhdPS.Engine.Pages;

namespace VhdPS;

/// <summary>
/// Where the assemblies live that speak to Azure: apart from those of the session, which may hold other versions of the same
/// names. The engine is the module's own copy, so that its types are the same on both sides.
/// </summary>
/// <param name="folder">The folder of the assemblies.</param>
internal sealed class AzureLoadContext(string folder) : AssemblyLoadContext("VhdPS.Azure")
{
    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        Assembly engine = typeof(PageBlob).Assembly;
        if (assemblyName.Name == engine.GetName().Name)
        {
            return engine;
        }

        string path = Path.Combine(folder, assemblyName.Name + ".dll");
        return File.Exists(path) && !HasFramework(assemblyName) ? LoadFromAssemblyPath(path) : null;
    }

    /// <summary>
    /// Whether the runtime itself has an assembly, as new as is asked for: some of ours are here only because older
    /// runtimes have older ones. What the session has loaded besides does not count.
    /// </summary>
    private static bool HasFramework(AssemblyName wanted)
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string path = Path.Combine(runtime, wanted.Name + ".dll");
        return File.Exists(path) && AssemblyName.GetAssemblyName(path).Version >= wanted.Version;
    }
}
