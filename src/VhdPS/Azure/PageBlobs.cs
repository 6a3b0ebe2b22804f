using System.Reflection;
using System.Runtime.Loader;
using VhdPS.Engine.Pages;

namespace VhdPS;

/// <summary>Opens page blobs. What speaks to Azure is loaded when the first one is opened, and not before.</summary>
internal static class PageBlobs
{
    private const string AssemblyFile = "VhdPS.Azure.dll";
    private const string TypeName = "VhdPS.Azure.AzurePageBlobs";

    private static readonly Lazy<IPageBlobs> Azure = new(Load);

    /// <summary>A blob by its address; nothing is requested yet.</summary>
    public static PageBlob Open(PageBlobAddress address) => Azure.Value.Open(address);

    private static IPageBlobs Load()
    {
        string folder = Path.Combine(Path.GetDirectoryName(typeof(PageBlobs).Assembly.Location)!, "azure");
        AssemblyLoadContext context = new AzureLoadContext(folder);
        Assembly assembly = context.LoadFromAssemblyPath(Path.Combine(folder, AssemblyFile));
        return (IPageBlobs)Activator.CreateInstance(assembly.GetType(TypeName, throwOnError: true)!)!;
    }
}
